// SPDX-License-Identifier: Apache-2.0
import { tagged } from './codec.js';
import { CLOCK_SKEW_MS, STATEMENT_LIFETIME_MS } from './consent.js';
import { list, object, oneOf, text, type Decoded } from './decode.js';
import { DomainError } from './errors.js';
import { enrolmentId, mspId, nonce, p256Signature, type MspId, type TxId } from './ids.js';
import type { Practitioner } from './registry.js';
import { instant, later, type Instant } from './time.js';
import { SUSPENSION_REASONS } from './vocabulary.js';

/** A person of a hospital, by the enrolment under which they act. */
export const identityRef = object({ mspId, practitionerId: enrolmentId });
export type IdentityRef = Decoded<typeof identityRef>;

/** That an identity may not act any more, exactly as administrators sign it; sent to custodians it is a hold. */
export const suspensionStatement = object({
  v: oneOf(1),
  kind: oneOf('suspension'),
  channel: text(64, /^[a-z0-9.-]+$/),
  mspId,
  practitionerId: enrolmentId,
  reason: oneOf(...SUSPENSION_REASONS),
  signedAt: instant,
  nonce,
});
export type SuspensionStatement = Decoded<typeof suspensionStatement>;

/** Arguments of `registry:SuspendPractitioner`, and body of a hold: signed by the own hospital, or by two others. */
export const signedSuspension = object({
  statement: suspensionStatement,
  signatures: list(object({ mspId, practitionerId: enrolmentId, signature: p256Signature }), 1, 2),
});
export type SignedSuspension = Decoded<typeof signedSuspension>;

/** The newest suspension of an identity by the same hospitals; it is in force until one of them lifts it. */
export type Suspension = Readonly<
  SignedSuspension & { v: 1; suspendedAt: Instant; txId: TxId; liftedAt?: Instant }
>;

/** Every suspension of an identity: the newest one by each set of hospitals, in force or lifted. */
export type Suspensions = Readonly<{ suspensions: readonly Suspension[] }>;

/** Bytes that an administrator's key signs (ECDSA P-256 with SHA-256); they name the signer, so no signature is another's. */
export function suspensionBytes(statement: SuspensionStatement, by: IdentityRef): Uint8Array {
  const signer = { mspId: by.mspId, practitionerId: by.practitionerId };
  return tagged('Tutela-v1-statement-suspension', { ...statement, by: signer });
}

/** What of a suspension says whose it is. */
export type SuspensionSigners = Readonly<{
  statement: Readonly<{ mspId: MspId }>;
  signatures: readonly Readonly<{ mspId: MspId }>[];
}>;

/** Whether the identity's own hospital is among the signers. */
export function isByOwnHospital({ statement, signatures }: SuspensionSigners): boolean {
  return signatures.some(({ mspId: of }) => of === statement.mspId);
}

/**
 * The author of a suspension: the own hospital, or the other hospitals that signed. Those of different
 * authors are in force and lifted independently, so that no hospital ends or hides what others signed.
 */
export function suspensionAuthor(signed: SuspensionSigners): string {
  if (isByOwnHospital(signed)) return 'own';
  return [...new Set(signed.signatures.map(({ mspId: of }) => of))].sort().join('~');
}

/** Whether a suspension is in force that other hospitals than the identity's own signed. */
export function isForeignAndInForce(suspension: Suspension): boolean {
  return suspension.liftedAt === undefined && !isByOwnHospital(suspension);
}

/** An administrator as the ledger knows them now. */
export type Signer = Pick<Practitioner, 'mspId' | 'practitionerId' | 'role' | 'status'> &
  Readonly<{ publicKey?: string | undefined }>;

/** What a suspension is checked against: time, the signers as the ledger knows them now, and the newest suspension by the same author there. */
export type SuspensionFacts = Readonly<{
  channel: string;
  now: Instant;
  signers: readonly (Signer | undefined)[];
  newest: Readonly<{ signedAt: Instant; liftedAt?: Instant | undefined }> | undefined;
  isSignedBy: (publicKey: string, message: Uint8Array, signature: string) => boolean;
}>;

/**
 * Throws unless a suspension is new and signed by an administrator of the identity's own hospital, or of two others:
 * what {@link requireCurrent} and {@link requireSigner} throw, CALLER_NOT_ENTITLED for too few hospitals, and
 * STATEMENT_REPLAYED.
 */
export function requireSuspension(signed: SignedSuspension, facts: SuspensionFacts): void {
  requireCurrent(signed, facts);
  signed.signatures.forEach((_, position) => {
    requireSigner(signed, position, facts);
  });
  const hospitals = new Set(signed.signatures.map(({ mspId: of }) => of));
  if (hospitals.size < 2 && !isByOwnHospital(signed))
    throw new DomainError('CALLER_NOT_ENTITLED', 'a second hospital must sign the suspension too');
  requireUnlifted(signed.statement, facts);
}

/**
 * What is seen without the ledger: a suspension is of this channel, and of a time at which it counts. Throws
 * SIGNATURE_INVALID or STATEMENT_EXPIRED.
 */
export function requireCurrent(
  { statement }: SignedSuspension,
  { channel, now }: Pick<SuspensionFacts, 'channel' | 'now'>,
): void {
  if (statement.channel !== channel) throw invalid();
  if (statement.signedAt > later(now, CLOCK_SKEW_MS))
    throw new DomainError('STATEMENT_EXPIRED', 'the suspension is signed in the future');
  if (lapsesAt(statement.signedAt) <= now)
    throw new DomainError('STATEMENT_EXPIRED', 'the suspension is too old; sign it again');
}

/** Throws unless the administrator named at a position signed: SIGNATURE_INVALID, CALLER_INACTIVE for one who may not act. */
export function requireSigner(
  { statement, signatures }: SignedSuspension,
  position: number,
  { signers, isSignedBy }: Pick<SuspensionFacts, 'signers' | 'isSignedBy'>,
): void {
  const signer = signers[position];
  const signature = signatures[position];
  if (signer?.publicKey === undefined || signer.role !== 'administrator' || signature === undefined)
    throw invalid();
  const { mspId: of, practitionerId } = signature;
  if (signer.mspId !== of || signer.practitionerId !== practitionerId) throw invalid();
  if (!isSignedBy(signer.publicKey, suspensionBytes(statement, signature), signature.signature))
    throw invalid();
  if (signer.status !== 'active') throw new DomainError('CALLER_INACTIVE', 'a signer may not act any more');
}

function requireUnlifted({ signedAt }: SuspensionStatement, { newest }: SuspensionFacts): void {
  const { liftedAt } = newest ?? {};
  if (newest === undefined || liftedAt === undefined) return;
  if (signedAt <= newest.signedAt || signedAt <= liftedAt)
    throw new DomainError('STATEMENT_REPLAYED', 'a suspension signed later was lifted already');
}

/** When a suspension that never reached the ledger counts no more. */
export function lapsesAt(signedAt: Instant): Instant {
  return later(signedAt, STATEMENT_LIFETIME_MS);
}

function invalid(): DomainError {
  return new DomainError('SIGNATURE_INVALID', 'the administrators have not signed this suspension');
}
