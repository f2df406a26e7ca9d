// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentId, Practitioner, System, SystemId } from '@tutela/chaincode/domain';
import type { JWK } from 'jose';

/** What authentication needs to know; states are read from the ledger, keys are public. */
export type Directory = Readonly<{
  /** The system as it stands on the ledger, or undefined. */
  system: (id: SystemId) => Promise<System | undefined>;
  /** The public key with which the system was registered here, or undefined. */
  systemKey: (id: SystemId) => Promise<JWK | undefined>;
  /** The practitioner of this hospital as they stand on the ledger, or undefined. */
  practitioner: (id: EnrolmentId) => Promise<Practitioner | undefined>;
  /** Whether this gateway holds the practitioner's identity and can act in their name. */
  holdsIdentity: (id: EnrolmentId) => Promise<boolean>;
}>;
