// SPDX-License-Identifier: Apache-2.0
import { tagged } from './codec.js';
import { integer, list, object, oneOf, set, text, union, type Decoded } from './decode.js';
import { consentId, enrolmentId, handle, mspId, nonce, p256Signature, recordId, type TxId } from './ids.js';
import { instant, later, month, type Instant } from './time.js';
import { CATEGORIES, CONSENTED_PURPOSES, PRACTITIONER_ROLES, REVOCATION_REASONS } from './vocabulary.js';

export const MAX_READS = 1_000_000;
/** Most consents that one transaction grants. */
export const MAX_GRANTS = 32;
/** Most records that one consent names. */
export const MAX_CONSENTED_RECORDS = 256;
/** How many places a handle has for the consents that stand; each takes one at least. */
export const CONSENT_PLACES = 256;
/** How many records a consent may name for each place that it takes. */
export const RECORDS_PER_PLACE = 16;
/** How long after its `signedAt` a statement is still accepted, in milliseconds. */
export const STATEMENT_LIFETIME_MS = 24 * 3_600_000;
/** How far a statement's `signedAt` may lie after the transaction's time, in milliseconds. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** Whom a consent names: a person, a role at a hospital, or a whole hospital. */
export const grantee = union({
  person: object({ kind: oneOf('person'), mspId, practitionerId: enrolmentId }),
  role: object({ kind: oneOf('role'), mspId, role: oneOf(...PRACTITIONER_ROLES) }),
  hospital: object({ kind: oneOf('hospital'), mspId }),
});
export type Grantee = Decoded<typeof grantee>;

const channel = text(64, /^[a-z0-9.-]+$/);

/** A patient's permit or deny, exactly as signed. Version 1 grants; higher versions replace the one before. */
export const consentStatement = object(
  {
    v: oneOf(1),
    kind: oneOf('consent'),
    channel,
    consentId,
    version: integer(1, 10_000),
    handle,
    decision: oneOf('permit', 'deny'),
    grantee,
    categories: set(oneOf(...CATEGORIES), 1, CATEGORIES.length),
    purposes: set(oneOf(...CONSENTED_PURPOSES), 1, CONSENTED_PURPOSES.length),
    validFrom: instant,
    validUntil: instant,
    signedAt: instant,
    nonce,
  },
  {
    dataFrom: month,
    dataUntil: month,
    maxReads: integer(1, MAX_READS),
    records: set(recordId, 1, MAX_CONSENTED_RECORDS),
  },
);
export type ConsentStatement = Decoded<typeof consentStatement>;

/** A patient's revocation of a consent, exactly as signed; sent to custodians it is a hold. */
export const revocationStatement = object({
  v: oneOf(1),
  kind: oneOf('revocation'),
  channel,
  consentId,
  handle,
  reason: oneOf(...REVOCATION_REASONS),
  signedAt: instant,
  nonce,
});
export type RevocationStatement = Decoded<typeof revocationStatement>;

/** Arguments of `consent:Grant` (version 1) and `consent:Replace` (higher versions). */
export const signedConsent = object({ statement: consentStatement, signature: p256Signature });
export type SignedConsent = Decoded<typeof signedConsent>;

/** Arguments of `consent:GrantMany`: new consents of one or more patients, granted together or not at all. */
export const signedConsents = object({ consents: list(signedConsent, 1, MAX_GRANTS) });
export type SignedConsents = Decoded<typeof signedConsents>;

/** Arguments of `consent:Revoke`, and body of a hold. */
export const signedRevocation = object({ statement: revocationStatement, signature: p256Signature });
export type SignedRevocation = Decoded<typeof signedRevocation>;

/** Arguments of `consent:ListAsOf`: the consents of a handle as they stood at an instant. */
export const consentsAsOf = object({ handle, at: instant });
export const byConsent = object({ handle, consentId });

/** A consent as it stands on the ledger: what was signed, and whether it was revoked. */
export type Consent = Readonly<
  SignedConsent & {
    v: 1;
    grantedAt: Instant;
    txId: TxId;
    /** Which of the patient's keys signed it; absent for the first. */
    keyVersion?: number;
    /** Reads counted under all versions before the last one; absent where there were none. */
    readsCarried?: number;
    revocation?: SignedRevocation & Readonly<{ revokedAt: Instant; txId: TxId }>;
    /** Set on an old version, when a newer one took its place. */
    replacedAt?: Instant;
  }
>;

/** Answer of `consent:ListByHandle` and `consent:ListAsOf`; `more` where others have ended that are not listed. */
export type ConsentList = Readonly<{ consents: readonly Consent[]; more?: true }>;

/**
 * How many of its handle's places a consent takes; so the places bound how many consents and records are weighed for one
 * segment.
 */
export function placesOf({ records = [] }: Pick<ConsentStatement, 'records'>): number {
  return Math.max(1, Math.ceil(records.length / RECORDS_PER_PLACE));
}

/** How many comparisons it takes at most to weigh consents for one segment and purpose. */
export function comparisonsOf(consents: readonly Pick<Consent, 'statement'>[]): number {
  return consents.reduce((sum, { statement: { records = [] } }) => sum + 1 + records.length, 0);
}

/**
 * Whether a consent decides nothing any more, whatever time a transaction claims: it is revoked, or its end lies further
 * back than two clocks that peers accept may differ.
 */
export function hasEnded(
  { statement, revocation }: Pick<Consent, 'statement' | 'revocation'>,
  now: Instant,
): boolean {
  return revocation !== undefined || statement.validUntil <= later(now, -2 * CLOCK_SKEW_MS);
}

/** Bytes that the patient's key signs (ECDSA P-256 with SHA-256) for any statement. */
export function statementBytes(statement: object): Uint8Array {
  return tagged('Tutela-v1-statement-patient', statement);
}
