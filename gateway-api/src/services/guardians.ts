// SPDX-License-Identifier: Apache-2.0
import type { Guardian, Handle, RegisterGuardian, RemoveGuardian, TxId } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** Guardians of patients' handles, carried to the ledger as signed. */
export interface Guardians {
  /** Names a guardian; the same statement twice names one. */
  register(actor: Actor, request: RegisterGuardian, attempt: Attempt): Promise<Readonly<{ txId: TxId }>>;
  /** Ends a guardianship. */
  remove(actor: Actor, request: RemoveGuardian, attempt: Attempt): Promise<Readonly<{ txId: TxId }>>;
  /** Those who are guardians now. */
  list(actor: Actor, handle: Handle): Promise<readonly Guardian[]>;
}
