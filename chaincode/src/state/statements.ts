// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, verifyP256 } from '@tutela/crypto/verify';
import { CLOCK_SKEW_MS, STATEMENT_LIFETIME_MS, statementBytes } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import type { Handle } from '../domain/ids.js';
import type { Patient } from '../domain/registry.js';
import { later, type Instant } from '../domain/time.js';
import { keys, MARK } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { read, write } from './store.js';

type Signed = Readonly<{ statement: object & { channel: string; handle: Handle }; signature: string }>;

/** Throws SIGNATURE_INVALID unless the patient's registered key signed the statement for this channel. */
export function requireSignature(reader: Reader, patient: Patient, { statement, signature }: Signed): void {
  if (statement.channel !== reader.channel || statement.handle !== patient.handle) throw invalid();
  if (!isSignedBy(patient.publicKey, statement, signature)) throw invalid();
}

/** Whether a P-256 key, as it stands on the ledger, signed a statement. */
export function isSignedBy(publicKey: string, statement: object, signature: string): boolean {
  return verifyP256(decodeBase64url(publicKey), statementBytes(statement), decodeBase64url(signature));
}

/** Throws STATEMENT_EXPIRED unless the statement was signed within its lifetime of the transaction's time. */
export function requireFresh({ now }: Reader, signedAt: Instant): void {
  if (signedAt > later(now, CLOCK_SKEW_MS))
    throw new DomainError('STATEMENT_EXPIRED', 'the statement is signed in the future');
  if (later(signedAt, STATEMENT_LIFETIME_MS) <= now)
    throw new DomainError('STATEMENT_EXPIRED', 'the statement is too old; sign it again');
}

/** Uses up a patient's nonce; throws STATEMENT_REPLAYED if it was used before. */
export async function consumeNonce(ledger: Ledger, of: Handle, nonce: string): Promise<void> {
  if ((await read(ledger, keys.nonce(of, nonce))) !== undefined)
    throw new DomainError('STATEMENT_REPLAYED', 'this statement was used already');
  await write(ledger, keys.nonce(of, nonce), MARK);
}

/** The patient of a handle who may still act; an unknown handle answers as a wrong signature does. */
export async function readSigner(reader: Reader, of: Handle): Promise<Patient> {
  const patient = await read(reader, keys.patient(of));
  if (patient?.status !== 'active') throw invalid();
  return patient;
}

function invalid(): DomainError {
  return new DomainError('SIGNATURE_INVALID', 'the patient has not signed this');
}
