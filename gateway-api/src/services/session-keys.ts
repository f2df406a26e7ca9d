// SPDX-License-Identifier: Apache-2.0
import { DomainError, INTENT_LIFETIME_MS, type IntentId } from '@tutela/chaincode/domain';
import { generateHpkeKeyPair, type HpkeKeyPair } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import type { ServiceDeps } from './service-deps.js';

/** An intent's session key pair, and whose it is. */
type Session = Readonly<{ pair: HpkeKeyPair; owner: string; untilMs: number }>;

const MAX_SESSIONS = 10_000;

/** Session keys of running intents; in memory alone, so that a stolen disk opens nothing. */
export class SessionKeys {
  readonly #sessions = new Map<IntentId, Session>();
  readonly #deps: Pick<ServiceDeps, 'random' | 'nowMs'>;

  constructor(deps: Pick<ServiceDeps, 'random' | 'nowMs'>) {
    this.#deps = deps;
  }

  create(intentId: IntentId, owner: Actor): HpkeKeyPair {
    this.#dropOld();
    const pair = generateHpkeKeyPair(this.#deps.random);
    const untilMs = this.#deps.nowMs() + INTENT_LIFETIME_MS;
    this.#sessions.set(intentId, { pair, owner: nameOf(owner), untilMs });
    return pair;
  }

  /** The key pair; NOT_FOUND for an intent that is not the caller's or not of this gateway's running time, INTENT_EXPIRED afterwards. */
  find(intentId: IntentId, owner: Actor): HpkeKeyPair {
    const session = this.#sessions.get(intentId);
    if (session?.owner !== nameOf(owner))
      throw new DomainError('NOT_FOUND', 'no such intent; declare it again');
    if (session.untilMs <= this.#deps.nowMs())
      throw new DomainError('INTENT_EXPIRED', 'declare a new intent');
    return session.pair;
  }

  #dropOld(): void {
    const now = this.#deps.nowMs();
    for (const [id, { untilMs }] of this.#sessions) {
      if (untilMs > now && this.#sessions.size < MAX_SESSIONS) return;
      this.#sessions.delete(id);
    }
  }
}

function nameOf(actor: Actor): string {
  return actor.kind === 'practitioner' ? `practitioner:${actor.practitionerId}` : actor.kind;
}
