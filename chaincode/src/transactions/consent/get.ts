// SPDX-License-Identifier: Apache-2.0
import { byConsent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { consentFilter } from './visible.js';

/** One consent as it stands now. */
export const get = evaluate(byConsent, async (reader, { handle, consentId }) => {
  const mayKnow = await consentFilter(reader, handle);
  const consent = await read(reader, keys.consent(handle, consentId));
  if (consent === undefined || !mayKnow(consent)) throw new DomainError('NOT_FOUND', 'no such consent');
  return consent;
});
