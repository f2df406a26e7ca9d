// SPDX-License-Identifier: Apache-2.0
import type {
  cancelRetirement,
  CONSENTED_PURPOSES,
  Decoded,
  RecordId,
  Retirement,
  SignedRetirement,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';
import type { StoredRecord } from './store-record.js';

/** The new version, and the old one whose retirement is ordered; the patient's signature for it names `manifestHash`. */
export type Resealed = StoredRecord &
  Readonly<{ retirementOrder: Readonly<{ version: number; txId: TxId }> }>;

export type ResealRequest = Readonly<{
  recordId: RecordId;
  purpose: (typeof CONSENTED_PURPOSES)[number];
}>;

/** A version that the next one has the content of, and the patient's signature that it is destroyed at once. */
export type SignedAway = Readonly<{ recordId: RecordId; version: number; patient: SignedRetirement }>;

/** A retirement, and the transaction that brought it there. */
export type WrittenRetirement = Readonly<{ retirement: Retirement; txId: TxId }>;

export type CancelRetirement = Decoded<typeof cancelRetirement>;

/** Puts a record under new keys, so that keys that became known open nothing any more. */
export interface Reseal {
  /**
   * Opens the newest version under a consent that names the caller, stores the same content under new keys and new
   * CIDs, and orders that the old version is retired after its delay. CALLER_NOT_ENTITLED unless the caller may open
   * all of it.
   */
  reseal(actor: Actor, of: ResealRequest, attempt: Attempt): Promise<Resealed>;
  /** Retires the old version at once: the patient has seen the new one, and signed that it takes the place. */
  retire(actor: Actor, request: SignedAway, attempt: Attempt): Promise<WrittenRetirement>;
  /** Keeps a version whose retirement waits. */
  cancelRetirement(actor: Actor, request: CancelRetirement, attempt: Attempt): Promise<WrittenRetirement>;
  /** Whether a retirement waits, and how far the hospitals have come with the old version's blocks. */
  retirement(actor: Actor, of: Readonly<{ recordId: RecordId; version: number }>): Promise<Retirement>;
}
