// SPDX-License-Identifier: Apache-2.0
import { DomainError, INTENT_LIFETIME_MS, type IntentId } from '@tutela/chaincode/domain';
import { generateHpkeKeyPair, type HpkeKeyPair } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { ExpiringSecrets } from './expiring-secrets.js';
import type { ServiceDeps } from './service-deps.js';

const MAX_SESSIONS = 10_000;

/** Session keys of running intents; in memory alone, so that a stolen disk opens nothing, and no longer than they serve. */
export class SessionKeys {
  readonly #sessions: ExpiringSecrets<IntentId, HpkeKeyPair>;
  readonly #deps: Pick<ServiceDeps, 'random' | 'nowMs'>;

  constructor(deps: Pick<ServiceDeps, 'random' | 'nowMs'>) {
    this.#deps = deps;
    const bounds = { most: MAX_SESSIONS, knownForMs: INTENT_LIFETIME_MS };
    this.#sessions = new ExpiringSecrets(deps.nowMs, bounds);
  }

  create(intentId: IntentId, owner: Actor): HpkeKeyPair {
    const secret = generateHpkeKeyPair(this.#deps.random);
    const untilMs = this.#deps.nowMs() + INTENT_LIFETIME_MS;
    this.#sessions.set(intentId, { owner: nameOf(owner), untilMs, secret });
    return secret;
  }

  /** The key pair; NOT_FOUND for an intent that is not the caller's or not of this gateway's running time, INTENT_EXPIRED afterwards. */
  find(intentId: IntentId, owner: Actor): HpkeKeyPair {
    const session = this.#sessions.get(intentId);
    if (session?.owner !== nameOf(owner))
      throw new DomainError('NOT_FOUND', 'no such intent; declare it again');
    if (session.secret === undefined || session.untilMs <= this.#deps.nowMs())
      throw new DomainError('INTENT_EXPIRED', 'declare a new intent');
    return session.secret;
  }
}

function nameOf(actor: Actor): string {
  return actor.kind === 'practitioner' ? `practitioner:${actor.practitionerId}` : actor.kind;
}
