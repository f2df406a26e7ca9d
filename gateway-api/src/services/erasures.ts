// SPDX-License-Identifier: Apache-2.0
import type { EraseRecord, Erasure, ErasureId, TxId } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** Destruction of what opens a record, and this hospital's confirmation that its blocks are gone. */
export interface Erasures {
  order(
    actor: Actor,
    request: EraseRecord,
    attempt: Attempt,
  ): Promise<Readonly<{ erasureId: ErasureId; txId: TxId }>>;
  get(actor: Actor, erasureId: ErasureId): Promise<Erasure>;
  /** One round: confirms erasures that this hospital has not confirmed yet, and answers how many; others may be left to the next. */
  confirmPending(signal?: AbortSignal): Promise<number>;
}
