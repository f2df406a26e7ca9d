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
  readonly #drafts = new Map<string, Draft>();
  readonly #deps: Pick<ServiceDeps, 'random' | 'nowMs'>;

  constructor(deps: Pick<ServiceDeps, 'random' | 'nowMs'>) {
    this.#deps = deps;
  }

  add(draft: Draft): string {
    this.#dropOld();
    const draftId = `dg_${toBase64Url(this.#deps.random(ID_BYTES))}`;
    this.#drafts.set(draftId, draft);
    return draftId;
  }

  /** NOT_FOUND for a draft that is not the caller's, or not of this gateway's running time. */
  find(actor: Actor, draftId: string): Draft {
    const draft = this.#drafts.get(draftId);
    if (
      draft === undefined ||
      actor.kind !== 'practitioner' ||
      draft.statement.requester.practitionerId !== actor.practitionerId
    )
      throw new DomainError('NOT_FOUND', 'no such request; prepare it again');
    return draft;
  }

  replace(draftId: string, draft: Draft): void {
    this.#drafts.set(draftId, draft);
  }

  #dropOld(): void {
    const now = this.#deps.nowMs();
    for (const [id, { statement }] of this.#drafts) {
      const isOver = msOf(statement.declaredAt) + statement.timeBoxMinutes * 60_000 <= now;
      if (!isOver && this.#drafts.size < MAX_DRAFTS) return;
      this.#drafts.delete(id);
    }
  }
}
