// SPDX-License-Identifier: Apache-2.0
import { consentsAsOf, type Consent, type ConsentList } from '../../domain/consent.js';
import { wasInForce } from '../../domain/policy.js';
import { keys } from '../../state/keys.js';
import { evaluate } from '../../state/transaction.js';
import { consentPages } from './pages.js';
import { consentFilter } from './visible.js';

/** What was allowed and denied on a past day: the consents of a handle that were in force at the instant. */
export const listAsOf = evaluate(consentsAsOf, async (reader, { handle, at }): Promise<ConsentList> => {
  const mayKnow = await consentFilter(reader, handle);
  const isWanted = (consent: Consent) => mayKnow(consent) && wasInForce(consent, at);
  const consents: Consent[] = [];
  for (const range of [keys.pastConsent(handle), keys.consent(handle), keys.endedConsent(handle)])
    for await (const found of consentPages(reader, range, isWanted)) consents.push(...found);
  return { consents };
});
