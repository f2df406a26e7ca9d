// SPDX-License-Identifier: Apache-2.0
import type {
  DegradedPart,
  DegradedStatement,
  EmergencyFacts,
  EmergencyId,
  EnrolmentId,
  Instant,
  NewPasskey,
  RegisterPasskey,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** What a device is asked to sign, and for which act the answer is good; it must come back within minutes of `at`. */
export type StepUpRequest = Readonly<{
  at: Instant;
  challenge: string;
  rpId: string;
  credentialIds: readonly string[];
}>;

/** What the caller is about to do that takes a passkey. */
export type IntendedAct =
  | Readonly<{ act: 'open-emergency'; emergency: Omit<EmergencyFacts, 'emergencyId'> }>
  | Readonly<{ act: 'cosign-emergency' | 'approve-full-scope'; emergencyId: EmergencyId }>
  | Readonly<{ act: `degraded-${DegradedPart}`; statement: DegradedStatement }>;

/** Whose new passkey. */
export type PasskeyEnrolment = Readonly<{ practitionerId: EnrolmentId; passkey: NewPasskey }>;

/** Practitioners' passkeys, and what they are asked. */
export interface StepUps {
  /** What the new passkey itself answers before it is registered. */
  askNew(actor: Actor, enrolment: PasskeyEnrolment): Promise<StepUpRequest>;
  register(actor: Actor, passkey: RegisterPasskey, attempt: Attempt): Promise<Readonly<{ txId: TxId }>>;
  remove(
    actor: Actor,
    passkey: Readonly<{ practitionerId: EnrolmentId; credentialId: string }>,
    attempt: Attempt,
  ): Promise<Readonly<{ txId: TxId }>>;
  /**
   * What one of the caller's passkeys answers before an act. An emergency that is to be opened is named here, for the
   * name is signed too. Throws STEP_UP_REQUIRED if the caller has no passkey.
   */
  ask(actor: Actor, intended: IntendedAct): Promise<StepUpRequest & Readonly<{ emergencyId?: EmergencyId }>>;
}
