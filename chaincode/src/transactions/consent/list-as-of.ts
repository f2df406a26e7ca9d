// SPDX-License-Identifier: Apache-2.0
import { consentsAsOf } from '../../domain/consent.js';
import { wasInForce } from '../../domain/policy.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { consentFilter } from './visible.js';

/** What was allowed and denied on a past day: the consents of a handle that were in force at the instant. */
export const listAsOf = evaluate(consentsAsOf, async (reader, { handle, at }) => {
  const mayKnow = await consentFilter(reader, handle);
  const [now, past] = await Promise.all([
    list(reader, keys.consent(handle)),
    list(reader, keys.pastConsent(handle)),
  ]);
  return { consents: [...past, ...now].filter(mayKnow).filter((consent) => wasInForce(consent, at)) };
});
