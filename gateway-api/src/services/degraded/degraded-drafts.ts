// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  msOf,
  toBase64Url,
  type DegradedStatement,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import type { HpkeKeyPair } from '@tutela/crypto';
import type { Actor } from '../../ledger/actor.js';
import { ExpiringSecrets } from '../expiring-secrets.js';
import type { ServiceDeps } from '../service-deps.js';

const MAX_DRAFTS = 1_000;
const ID_BYTES = 16;

/** A statement with its session key, and what it became once it was opened. */
export type Draft = Readonly<{
  statement: DegradedStatement;
  session: HpkeKeyPair;
  opened?: Readonly<{ request: SignedDegradedRequest; acknowledgements: readonly SignedAcknowledgement[] }>;
}>;

/** Requests in the making, each its requester's alone; in memory, so that a stolen disk opens nothing. */
export class DegradedDrafts {
  readonly #drafts: ExpiringSecrets<string, Draft>;
  readonly #deps: Pick<ServiceDeps, 'random' | 'nowMs'>;

  constructor(deps: Pick<ServiceDeps, 'random' | 'nowMs'>) {
    this.#deps = deps;
    this.#drafts = new ExpiringSecrets(deps.nowMs, { most: MAX_DRAFTS, knownForMs: 0 });
  }

  add(draft: Draft): string {
    const draftId = `dg_${toBase64Url(this.#deps.random(ID_BYTES))}`;
    this.replace(draftId, draft);
    return draftId;
  }

  /** NOT_FOUND for a draft that is not the caller's, or not of this gateway's running time. */
  find(actor: Actor, draftId: string): Draft {
    const draft = this.#drafts.get(draftId)?.secret;
    if (
      draft === undefined ||
      actor.kind !== 'practitioner' ||
      draft.statement.requester.practitionerId !== actor.practitionerId
    )
      throw new DomainError('NOT_FOUND', 'no such request; prepare it again');
    return draft;
  }

  replace(draftId: string, draft: Draft): void {
    const { declaredAt, timeBoxMinutes, requester } = draft.statement;
    const untilMs = msOf(declaredAt) + timeBoxMinutes * 60_000;
    this.#drafts.set(draftId, { owner: requester.practitionerId, untilMs, secret: draft });
  }
}
