// SPDX-License-Identifier: Apache-2.0
import { object, oneOf, set, text, type Decoded } from './decode.js';
import { provenGuardians } from './guardian.js';
import {
  bytes32,
  enrolmentId,
  handle,
  mspId,
  nonce,
  p256PublicKey,
  p256Signature,
  systemId,
  type EnrolmentId,
  type MspId,
  type TxId,
} from './ids.js';
import type { Passkey } from './passkey.js';
import type { Instant } from './time.js';
import { PRACTITIONER_ROLES } from './vocabulary.js';

/** Status of anyone who may act; only `active` acts. */
export const STATUSES = ['active', 'suspended', 'banned'] as const;
export type Status = (typeof STATUSES)[number];

/** A member hospital. */
export type Hospital = Readonly<{ v: 1; mspId: MspId; status: Status; registeredAt: Instant }>;

/** A department's short name, such as `cardiology`. */
export const department = text(64, /^[a-z][a-z0-9-]*$/);

/**
 * Arguments of `registry:RegisterPractitioner`; `personTag` is the same for one person at one hospital, and tells nobody
 * who. `publicKey` is that of the person's certificate: with it a statement of theirs is checked away from the ledger.
 */
export const registerPractitioner = object(
  {
    practitionerId: enrolmentId,
    role: oneOf(...PRACTITIONER_ROLES),
    department,
    personTag: bytes32,
  },
  { publicKey: p256PublicKey },
);
export type RegisterPractitioner = Decoded<typeof registerPractitioner>;
export type Practitioner = Readonly<
  RegisterPractitioner & {
    v: 1;
    mspId: MspId;
    status: Status;
    registeredAt: Instant;
    passkeys?: readonly Passkey[];
    /** How often the entry was changed; what it was before each change stands on the ledger under that number. */
    changes?: number;
  }
>;
/** How often a hospital changes the entry of one of its people in {@link CHANGES_WINDOW_MS}. */
export const MAX_CHANGES = 32;
export const CHANGES_WINDOW_MS = 24 * 3_600_000;

/** A practitioner as the ledger knew them until a change; what somebody signed before it is judged by this. */
export type PastPractitioner = Readonly<{ practitioner: Practitioner; until: Instant }>;

/** Arguments of `registry:ChangePractitioner`: a new status, role, department or certified key, by the practitioner's own hospital. */
export const changePractitioner = object(
  { practitionerId: enrolmentId },
  {
    status: oneOf(...STATUSES),
    role: oneOf(...PRACTITIONER_ROLES),
    department,
    publicKey: p256PublicKey,
  },
);

export const SCOPES = [
  'registry.read',
  'registry.write',
  'patients.write',
  'records.read',
  'records.write',
  'consents.read',
  'consents.write',
  'intents.write',
  'emergencies.write',
  'audit.read',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Arguments of `registry:RegisterSystem`: a SMART Backend Services client by its key thumbprint (RFC 7638). */
export const registerSystem = object({
  systemId,
  jwkThumbprint: bytes32,
  scopes: set(oneOf(...SCOPES), 1, SCOPES.length),
});
export const changeSystem = object({ systemId, status: oneOf(...STATUSES) });
export type System = Readonly<
  Decoded<typeof registerSystem> & { v: 1; mspId: MspId; status: Status; registeredAt: Instant }
>;

/**
 * Arguments of `registry:RegisterPatient`; the proof is the patient's signature over {@link patientKeyStatement}. The
 * registrar names guardians of a patient who cannot do so.
 */
export const registerPatient = object(
  { handle, publicKey: p256PublicKey, nonce, proof: p256Signature },
  { guardians: provenGuardians },
);
export type RegisterPatient = Decoded<typeof registerPatient>;
export type Patient = Readonly<{
  v: 1;
  handle: RegisterPatient['handle'];
  mspId: MspId;
  publicKey: string;
  keyVersion: number;
  status: Status;
  registeredAt: Instant;
}>;

/** Where a custodian answers: https, a host and a port from 1 to 65535, and nothing else. */
export const custodianUrl = text(
  256,
  /^https:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
);

/** Arguments of `registry:RegisterCustodian`; the caller is the custodian's own process. */
export const registerCustodian = object({
  url: custodianUrl,
  publicKey: p256PublicKey,
});
export type Custodian = Readonly<
  Decoded<typeof registerCustodian> & { v: 1; mspId: MspId; status: Status; registeredAt: Instant }
>;

/** Most signing keys that one custodian registers, one after another. */
export const MAX_CUSTODIAN_KEYS = 256;
/** Every key with which a custodian ever signed, oldest first; the last one is in use. */
export type CustodianKeys = Readonly<{ v: 1; mspId: MspId; keys: readonly CustodianKey[] }>;
export type CustodianKey = Readonly<{ publicKey: string; since: Instant; until?: Instant; txId: TxId }>;

export const byHospital = object({ mspId });
export const byHandle = object({ handle });
export const byPractitioner = object({ mspId, practitionerId: enrolmentId });
export const bySystem = object({ mspId, systemId });
export const nothing = object({});

/** What a patient's key signs when it is registered: proof of possession, bound to channel and hospital. */
export function patientKeyStatement(
  channel: string,
  of: MspId,
  request: Pick<RegisterPatient, 'handle' | 'publicKey' | 'nonce'>,
): object {
  const { handle: patient, publicKey, nonce: once } = request;
  return { v: 1, channel, kind: 'patient-key', mspId: of, handle: patient, publicKey, nonce: once };
}

/** Who is calling, from the certificate and the ledger; never from an argument. */
export type Caller = Readonly<{ mspId: MspId; id: EnrolmentId; role: string; certificate: string }>;
