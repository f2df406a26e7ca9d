// SPDX-License-Identifier: Apache-2.0
import type {
  Consent,
  ConsentId,
  ConsentList,
  Handle,
  Instant,
  MspId,
  SignedConsent,
  SignedRevocation,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** How far a revocation has come: it is in effect with its transaction, or where no custodian is without the hold. */
export type RevocationOutcome = Readonly<{
  /** Custodians that say that they hold it now. */
  heldBy: readonly MspId[];
  /** Custodians that have not said so; absent where the transaction was asked for. */
  notHeldBy?: readonly MspId[];
  /** The revoking transaction; absent when only holds were asked for. */
  txId?: TxId;
}>;

/** Patients' consents, carried to the ledger as signed. */
export interface Consents {
  grant(
    actor: Actor,
    consent: SignedConsent,
  ): Promise<Readonly<{ consentId: ConsentId; version: number; txId: TxId }>>;
  replace(
    actor: Actor,
    consent: SignedConsent,
    attempt: Attempt,
  ): Promise<Readonly<{ consentId: ConsentId; version: number; txId: TxId }>>;
  /** Sends holds to all custodians and, unless `holdOnly`, submits the revocation beside them. */
  revoke(
    actor: Actor,
    revocation: SignedRevocation,
    options: Readonly<{ holdOnly: boolean }>,
    attempt: Attempt,
  ): Promise<RevocationOutcome>;
  get(actor: Actor, of: Readonly<{ handle: Handle; consentId: ConsentId }>): Promise<Consent>;
  /** Consents of a handle: those that stand and the first that have ended, or those that stood at an instant. */
  list(actor: Actor, of: Readonly<{ handle: Handle; at?: Instant }>): Promise<ConsentList>;
}
