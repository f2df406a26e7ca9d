// SPDX-License-Identifier: Apache-2.0
import type {
  EnrolmentId,
  Handle,
  Hospital,
  MspId,
  Patient,
  Practitioner,
  PractitionerRole,
  RegisterPatient,
  Scope,
  Status,
  System,
  SystemId,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** A person to be registered; `personKey` is the hospital's own staff number and leaves the gateway as a keyed tag alone. */
export type NewPractitioner = Readonly<{ role: PractitionerRole; department: string; personKey: string }>;
export type PractitionerChange = Readonly<{
  practitionerId: EnrolmentId;
  status?: Status;
  role?: PractitionerRole;
  department?: string;
}>;

/** Who may act: hospitals, practitioners, systems, patients' handles. */
export interface Registry {
  /** Makes sure that this hospital is on the ledger; called at start. */
  ensureHospital(): Promise<void>;
  listHospitals(actor: Actor): Promise<readonly Hospital[]>;
  /** Issues a Fabric identity and registers it, under an id of the attempt. */
  registerPractitioner(
    actor: Actor,
    person: NewPractitioner,
    attempt: Attempt,
  ): Promise<Readonly<{ practitionerId: EnrolmentId; txId: TxId }>>;
  changePractitioner(
    actor: Actor,
    change: PractitionerChange,
    attempt: Attempt,
  ): Promise<Readonly<{ txId: TxId }>>;
  getPractitioner(
    actor: Actor,
    of: Readonly<{ mspId: MspId; practitionerId: EnrolmentId }>,
  ): Promise<Practitioner>;
  registerSystem(
    actor: Actor,
    system: Readonly<{ jwkThumbprint: string; scopes: readonly Scope[] }>,
    attempt: Attempt,
  ): Promise<Readonly<{ systemId: SystemId; txId: TxId }>>;
  changeSystem(
    actor: Actor,
    change: Readonly<{ systemId: SystemId; status: Status }>,
    attempt: Attempt,
  ): Promise<Readonly<{ txId: TxId }>>;
  getSystem(actor: Actor, of: Readonly<{ mspId: MspId; systemId: SystemId }>): Promise<System>;
  registerPatient(
    actor: Actor,
    request: RegisterPatient,
    attempt: Attempt,
  ): Promise<Readonly<{ txId: TxId }>>;
  getPatient(actor: Actor, handle: Handle): Promise<Patient>;
}
