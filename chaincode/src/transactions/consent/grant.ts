// SPDX-License-Identifier: Apache-2.0
import { signedConsent, type Consent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { verifyConsent } from './verify-consent.js';
import { writeConsent } from './write-consent.js';

/** Puts a patient's first statement of a consent on the ledger; whoever carries it, the patient's signature is the authority. */
export const grant = submit(signedConsent, async (ledger, signed) => {
  const { statement } = signed;
  if (statement.version !== 1) throw new DomainError('BAD_REQUEST', 'a new consent has version 1');
  await requireAnyone(ledger);
  const patient = await verifyConsent(ledger, signed);
  await requireAbsent(ledger, keys.consent(statement.handle, statement.consentId));
  const consent: Consent = { ...signed, v: 1, grantedAt: ledger.now, txId: ledger.txId };
  await writeConsent(ledger, patient, consent);
  const { handle, consentId } = statement;
  return { answer: consent, audit: { act: 'consent-granted', handle, consentIds: [consentId] } };
});
