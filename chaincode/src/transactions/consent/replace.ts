// SPDX-License-Identifier: Apache-2.0
import { signedConsent, type Consent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { readsToCarry } from '../access/read-counts.js';
import { existingConsent } from './found.js';
import { verifyConsents } from './verify-consents.js';
import { writeConsents } from './write-consents.js';

/** Puts the next version of a consent in the place of the one before, which is kept as it was; one that is over stands again. */
export const replace = submit(signedConsent, async (ledger, signed) => {
  await requireAnyone(ledger);
  const verified = await verifyConsents(ledger, [signed]);
  const { handle, consentId, version } = signed.statement;
  const { consent: before, isStanding } = await existingConsent(ledger, signed.statement);
  requireNext(before, version);
  const past: Consent = { ...before, replacedAt: ledger.now };
  const readsCarried = await readsToCarry(ledger, before);
  const [answer = {}] = await writeConsents(
    ledger,
    verified.map((each) => ({ ...each, readsCarried })),
  );
  if (!isStanding) await remove(ledger, keys.endedConsent(handle, consentId));
  await write(ledger, keys.pastConsent(handle, consentId, before.statement.version), past);
  return { answer, audit: { act: 'consent-replaced', handle, consentIds: [consentId] } };
});

function requireNext(before: Consent, version: number): void {
  if (before.revocation !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', 'a revoked consent is not replaced; grant a new one');
  if (version <= before.statement.version)
    throw new DomainError('STATEMENT_REPLAYED', 'this version has been there already');
  if (version !== before.statement.version + 1)
    throw new DomainError('CONFLICT', 'the version must follow the one on the ledger');
}
