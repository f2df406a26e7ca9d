// SPDX-License-Identifier: Apache-2.0
import type { Consent, SignedConsent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import type { Ledger } from '../../state/ledger.js';
import { requireNewConsent } from './found.js';
import { verifyConsents } from './verify-consents.js';
import { writeConsents } from './write-consents.js';

/** Puts first statements of consents on the ledger, all or none; throws for one that may not stand there, or has no room. */
export async function putNew(
  ledger: Ledger,
  consents: readonly SignedConsent[],
): Promise<readonly Consent[]> {
  requireFirst(consents);
  requireDistinct(consents);
  const verified = await verifyConsents(ledger, consents);
  for (const { statement } of consents) await requireNewConsent(ledger, statement);
  return writeConsents(ledger, verified);
}

function requireFirst(consents: readonly SignedConsent[]): void {
  if (consents.some(({ statement }) => statement.version !== 1))
    throw new DomainError('BAD_REQUEST', 'a new consent has version 1');
}

/** A transaction does not read what it writes itself, so what repeats within it is looked for here. */
function requireDistinct(consents: readonly SignedConsent[]): void {
  const ids = new Set(consents.map(({ statement }) => `${statement.handle} ${statement.consentId}`));
  if (ids.size < consents.length) throw new DomainError('BAD_REQUEST', 'a consent stands in the list twice');
}
