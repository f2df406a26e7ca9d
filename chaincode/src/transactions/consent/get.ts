// SPDX-License-Identifier: Apache-2.0
import { byConsent } from '../../domain/consent.js';
import { evaluate } from '../../state/transaction.js';
import { existingConsent, noSuchConsent } from './found.js';
import { consentFilter } from './visible.js';

/** One consent as it is now, whether it stands or has ended. */
export const get = evaluate(byConsent, async (reader, { handle, consentId }) => {
  const mayKnow = await consentFilter(reader, handle);
  const { consent } = await existingConsent(reader, { handle, consentId });
  return mayKnow(consent) ? consent : noSuchConsent();
});
