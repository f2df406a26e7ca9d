// SPDX-License-Identifier: Apache-2.0
import type {
  IdentityRef,
  MspId,
  SignedSuspension,
  SuspensionStatement,
  Suspensions as LedgerSuspensions,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** What an administrator wants suspended, and why. */
export type SuspensionRequest = IdentityRef & Pick<SuspensionStatement, 'reason'>;

/** A suspension as signed so far; until a second hospital has signed one of another hospital's identity it is in effect nowhere. */
export type SuspensionOutcome = Readonly<{
  suspension: SignedSuspension;
  /** Custodians that say that they hold it now. */
  heldBy: readonly MspId[];
  /** The suspending transaction; absent until enough hospitals have signed. */
  txId?: TxId;
}>;

/** Identities taken out of use: a hold at every custodian at once, and a transaction. */
export interface Suspensions {
  /** Signs as the acting administrator; one of the own hospital's identities is suspended with that. */
  suspend(actor: Actor, request: SuspensionRequest, attempt: Attempt): Promise<SuspensionOutcome>;
  /** Adds the acting administrator's signature to another hospital's, and puts it in effect. */
  countersign(actor: Actor, suspension: SignedSuspension, attempt: Attempt): Promise<SuspensionOutcome>;
  /** Withdraws this hospital's signature from all suspensions of another hospital's identity. */
  lift(actor: Actor, of: IdentityRef, attempt: Attempt): Promise<Readonly<{ txId: TxId }>>;
  /** The suspensions of an identity: the newest one by each set of hospitals, in force or lifted. */
  list(actor: Actor, of: IdentityRef): Promise<LedgerSuspensions>;
}
