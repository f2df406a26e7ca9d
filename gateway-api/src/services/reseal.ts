// SPDX-License-Identifier: Apache-2.0
import type { CONSENTED_PURPOSES, RecordId, Retirement, TxId } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';
import type { StoredRecord } from './store-record.js';

/** The new version, and the old one that it put out of use. */
export type Resealed = StoredRecord & Readonly<{ retired: Readonly<{ version: number; txId: TxId }> }>;

/** Puts a record under new keys, so that keys that became known open nothing any more. */
export interface Reseal {
  /**
   * Opens the newest version under a consent that names the caller, stores the same content under new keys and new
   * CIDs, and retires the old version. CALLER_NOT_ENTITLED unless the caller may open all of it.
   */
  reseal(
    actor: Actor,
    of: Readonly<{ recordId: RecordId; purpose: (typeof CONSENTED_PURPOSES)[number] }>,
    attempt: Attempt,
  ): Promise<Resealed>;
  /** How far the hospitals have come with the old version's blocks. */
  retirement(actor: Actor, of: Readonly<{ recordId: RecordId; version: number }>): Promise<Retirement>;
}
