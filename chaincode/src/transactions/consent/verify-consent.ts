// SPDX-License-Identifier: Apache-2.0
import type { SignedConsent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import type { Patient } from '../../domain/registry.js';
import type { Ledger } from '../../state/ledger.js';
import { readSigner, requireFresh, requireSignature } from '../../state/statements.js';

/** The patient who signed a consent; throws unless the statement is theirs, for this channel, fresh and not yet over. */
export async function verifyConsent(ledger: Ledger, signed: SignedConsent): Promise<Patient> {
  const { statement } = signed;
  const patient = await readSigner(ledger, statement.handle);
  requireSignature(ledger, patient, signed);
  requireFresh(ledger, statement.signedAt);
  if (statement.validUntil <= statement.validFrom)
    throw new DomainError('BAD_REQUEST', 'the consent ends before it begins');
  if (statement.validUntil <= ledger.now)
    throw new DomainError('STATEMENT_EXPIRED', 'the consent is over already');
  return patient;
}
