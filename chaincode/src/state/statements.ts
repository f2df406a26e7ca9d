// SPDX-License-Identifier: Apache-2.0
import { isSignedBy } from '@tutela/crypto/signatures';
import { CLOCK_SKEW_MS, STATEMENT_LIFETIME_MS, statementBytes } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import type { Guardian } from '../domain/guardian.js';
import type { GuardianId, Handle, MspId } from '../domain/ids.js';
import type { Patient } from '../domain/registry.js';
import { later, type Instant } from '../domain/time.js';
import { keys, MARK, signerName, type Key, type Mark } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { read, write } from './store.js';

type Signed = Readonly<{
  /** `through` names the one hospital that carries the statement; where it is absent, any may. */
  statement: object & Readonly<{ channel: string; handle: Handle; through?: MspId }>;
  signature: string;
}>;

/** Whose key counts for a handle: the patient's, or a guardian's. */
export type HandleSigner = Readonly<{ handle: Handle; guardianId?: GuardianId; publicKey: string }>;

/**
 * Throws SIGNATURE_INVALID unless the signer's registered key signed the statement for this channel, and
 * CALLER_NOT_ENTITLED where it names another hospital than the caller's: whoever endorses what a person has one hospital
 * carry sees the signature, and would use it up.
 */
export function requireSignature(
  reader: Reader,
  signer: HandleSigner,
  { statement, signature }: Signed,
): void {
  if (statement.channel !== reader.channel || statement.handle !== signer.handle) throw invalid();
  if (!isStatementSignedBy(signer.publicKey, statement, signature)) throw invalid();
  if (statement.through !== undefined && statement.through !== reader.caller.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'the statement names another hospital that carries it');
}

/** Whether a P-256 key, as it stands on the ledger, signed a statement. */
export function isStatementSignedBy(publicKey: string, statement: object, signature: string): boolean {
  return isSignedBy(publicKey, statementBytes(statement), signature);
}

/** Throws STATEMENT_EXPIRED unless the statement was signed within its lifetime of the transaction's time. */
export function requireFresh(
  { now }: Reader,
  signedAt: Instant,
  lifetimeMs: number = STATEMENT_LIFETIME_MS,
): void {
  if (signedAt > later(now, CLOCK_SKEW_MS))
    throw new DomainError('STATEMENT_EXPIRED', 'the statement is signed in the future');
  if (later(signedAt, lifetimeMs) <= now)
    throw new DomainError('STATEMENT_EXPIRED', 'the statement is too old; sign it again');
}

/** Marks a signer's nonce as used; each signer has nonces of its own. Throws STATEMENT_REPLAYED if it was used before. */
export async function consumeNonce(ledger: Ledger, signer: HandleSigner, nonce: string): Promise<void> {
  await write(ledger, await unusedNonce(ledger, signer, nonce), MARK);
}

async function unusedNonce(reader: Reader, signer: HandleSigner, nonce: string): Promise<Key<Mark>> {
  const key = keys.nonce(signerName(signer), nonce);
  if ((await read(reader, key)) !== undefined)
    throw new DomainError('STATEMENT_REPLAYED', 'this statement was used already');
  return key;
}

/** The patient of a handle who may still act; an unknown handle answers as a wrong signature does. */
export async function readSigner(reader: Reader, of: Handle): Promise<Patient> {
  const patient = await read(reader, keys.patient(of));
  if (patient?.status !== 'active') throw invalid();
  return patient;
}

/** The guardian of a handle who still is one; any other answers as a wrong signature does. */
export async function readGuardian(reader: Reader, of: Handle, id: GuardianId): Promise<Guardian> {
  const guardian = await read(reader, keys.guardian(of, id));
  if (guardian === undefined || guardian.removedAt !== undefined) throw invalid();
  return guardian;
}

type OnceSigned = Readonly<{
  statement: Signed['statement'] & Readonly<{ signedAt: Instant; nonce: string; guardianId?: GuardianId }>;
  signature: string;
}>;

/**
 * Takes a statement about a handle, signed by its patient, or by the guardian whom it names: just now, and once. Throws
 * SIGNATURE_INVALID, STATEMENT_EXPIRED or STATEMENT_REPLAYED.
 */
export async function takeStatement(ledger: Ledger, of: Handle, signed: OnceSigned): Promise<Patient> {
  const { patient, signer } = await signersOf(ledger, of, signed);
  await consumeNonce(ledger, signer, signed.statement.nonce);
  return patient;
}

/** As {@link takeStatement}, without using up the nonce. */
export async function checkStatement(reader: Reader, of: Handle, signed: OnceSigned): Promise<Patient> {
  const { patient, signer } = await signersOf(reader, of, signed);
  await unusedNonce(reader, signer, signed.statement.nonce);
  return patient;
}

async function signersOf(
  reader: Reader,
  of: Handle,
  signed: OnceSigned,
): Promise<Readonly<{ patient: Patient; signer: HandleSigner }>> {
  const { guardianId, signedAt } = signed.statement;
  const patient = await readSigner(reader, of);
  const guardian = guardianId && (await readGuardian(reader, of, guardianId));
  const signer = guardian ?? patient;
  requireSignature(reader, signer, signed);
  requireFresh(reader, signedAt);
  return { patient, signer };
}

function invalid(): DomainError {
  return new DomainError('SIGNATURE_INVALID', 'neither the patient nor the guardian named has signed this');
}
