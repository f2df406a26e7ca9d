// SPDX-License-Identifier: Apache-2.0
import type { ConsentStatement, SignedConsent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import type { Handle } from '../../domain/ids.js';
import type { Patient } from '../../domain/registry.js';
import type { Ledger } from '../../state/ledger.js';
import { readSigner, requireFresh, requireSignature } from '../../state/statements.js';

/** A consent, and the patient who signed it. */
export type VerifiedConsent = Readonly<{ patient: Patient; signed: SignedConsent }>;

/** Throws unless every consent is signed by its patient, for this channel, fresh and not yet over. */
export async function verifyConsents(
  ledger: Ledger,
  consents: readonly SignedConsent[],
): Promise<readonly VerifiedConsent[]> {
  const patients = new Map<Handle, Patient>();
  const verified: VerifiedConsent[] = [];
  for (const signed of consents) {
    const { handle } = signed.statement;
    const patient = patients.get(handle) ?? (await readSigner(ledger, handle));
    patients.set(handle, patient);
    requireSignature(ledger, patient, signed);
    requireCurrent(ledger, signed.statement);
    verified.push({ patient, signed });
  }
  return verified;
}

function requireCurrent(ledger: Ledger, { signedAt, validFrom, validUntil }: ConsentStatement): void {
  requireFresh(ledger, signedAt);
  if (validUntil <= validFrom) throw new DomainError('BAD_REQUEST', 'the consent ends before it begins');
  if (validUntil <= ledger.now) throw new DomainError('STATEMENT_EXPIRED', 'the consent is over already');
}
