// SPDX-License-Identifier: Apache-2.0
import { signedConsent } from '../../domain/consent.js';
import { requireAnyone } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { putNew } from './put-new.js';

/** Puts a patient's first statement of a consent on the ledger; whoever carries it, the patient's signature is the authority. */
export const grant = submit(signedConsent, async (ledger, signed) => {
  await requireAnyone(ledger);
  const [answer = {}] = await putNew(ledger, [signed]);
  const { handle, consentId } = signed.statement;
  return { answer, audit: { act: 'consent-granted', handle, consentIds: [consentId] } };
});
