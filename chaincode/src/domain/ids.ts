// SPDX-License-Identifier: Apache-2.0
import type { Branded } from './brand.js';
import type { Decoder } from './decode.js';
import { text } from './decode.js';

/** MSP id of a member hospital. */
export type MspId = Branded<'MspId'>;
/** Random pseudonym of one patient at one hospital. */
export type Handle = Branded<'Handle'>;
/** Fabric CA enrolment id of a practitioner, registrar or process, unique within its MSP. */
export type EnrolmentId = Branded<'EnrolmentId'>;
export type RecordId = Branded<'RecordId'>;
export type SegmentId = Branded<'SegmentId'>;
export type ConsentId = Branded<'ConsentId'>;
export type IntentId = Branded<'IntentId'>;
export type EmergencyId = Branded<'EmergencyId'>;
export type SystemId = Branded<'SystemId'>;
export type CeremonyId = Branded<'CeremonyId'>;
/** Id of a declared reading of the audit log. */
export type AuditReadId = Branded<'AuditReadId'>;
export type ErasureId = Branded<'ErasureId'>;
/** Random id of one guardian of one handle. */
export type GuardianId = Branded<'GuardianId'>;
/** Fabric transaction id, 64 hexadecimal digits. */
export type TxId = Branded<'TxId'>;

const ID_RANDOM_LENGTH = 22;
/** Whole groups of four, then two or three characters of which the last has no bits beyond the last byte. */
const CANONICAL_BASE64URL =
  /^(?!$)(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;

/** Prefix of each kind of random id: the id is the prefix and 128 random bits in base64url. */
export const ID_PREFIXES = {
  handle: 'pt_',
  practitioner: 'pr_',
  record: 'rec_',
  segment: 'seg_',
  consent: 'con_',
  intent: 'in_',
  emergency: 'em_',
  system: 'sys_',
  ceremony: 'cer_',
  auditRead: 'ar_',
  erasure: 'er_',
  guardian: 'gu_',
} as const;

export const mspId = branded<'MspId'>(64, /^[A-Za-z][A-Za-z0-9.-]*$/);
export const handle = randomId<'Handle'>(ID_PREFIXES.handle);
export const enrolmentId = branded<'EnrolmentId'>(64, /^[A-Za-z][A-Za-z0-9_-]*$/);
export const recordId = randomId<'RecordId'>(ID_PREFIXES.record);
export const segmentId = randomId<'SegmentId'>(ID_PREFIXES.segment);
export const consentId = randomId<'ConsentId'>(ID_PREFIXES.consent);
export const intentId = randomId<'IntentId'>(ID_PREFIXES.intent);
export const emergencyId = randomId<'EmergencyId'>(ID_PREFIXES.emergency);
export const systemId = randomId<'SystemId'>(ID_PREFIXES.system);
export const ceremonyId = randomId<'CeremonyId'>(ID_PREFIXES.ceremony);
export const auditReadId = randomId<'AuditReadId'>(ID_PREFIXES.auditRead);
export const erasureId = randomId<'ErasureId'>(ID_PREFIXES.erasure);
export const guardianId = randomId<'GuardianId'>(ID_PREFIXES.guardian);
export const txId = branded<'TxId'>(64, /^[0-9a-f]{64}$/);

/** 32 bytes as base64url: a hash, a key, a label, a salt. */
export const bytes32 = text(43, /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
/** A nonce of 128 random bits as base64url. */
export const nonce = text(22, /^[A-Za-z0-9_-]{21}[AQgw]$/);
/** Any base64url text of at most `maxChars` characters; canonical: a last character without stray bits. */
export const base64Url = (maxChars: number): Decoder<string> => text(maxChars, CANONICAL_BASE64URL);
/** An uncompressed P-256 public key (SEC 1 §2.3.3), 65 bytes as base64url. */
export const p256PublicKey = text(87, /^B[A-Za-z0-9_-]{85}[AEIMQUYcgkosw048]$/);
/** An ECDSA P-256 signature r‖s (IEEE P1363), 64 bytes as base64url. */
export const p256Signature = text(86, /^[A-Za-z0-9_-]{85}[AQgw]$/);

function branded<Name extends string>(max: number, pattern: RegExp): Decoder<Branded<Name>> {
  const decode = text(max, pattern);
  return (value, path) => decode(value, path) as Branded<Name>;
}

function randomId<Name extends string>(prefix: string): Decoder<Branded<Name>> {
  return branded<Name>(
    prefix.length + ID_RANDOM_LENGTH,
    new RegExp(`^${prefix}[A-Za-z0-9_-]{${ID_RANDOM_LENGTH}}$`),
  );
}
