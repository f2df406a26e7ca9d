// SPDX-License-Identifier: Apache-2.0
import { CONSENT_PLACES, placesOf, type Consent, type ConsentList } from '../../domain/consent.js';
import type { Handle } from '../../domain/ids.js';
import { byHandle } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { consentPages } from './pages.js';
import { consentFilter } from './visible.js';

/** Consents that have ended are listed until they have taken this many places together. */
const ENDED_LISTED = 2 * CONSENT_PLACES;

/** The consents of a handle that stand, and the first of those that have ended. */
export const listByHandle = evaluate(byHandle, async (reader, { handle }): Promise<ConsentList> => {
  const mayKnow = await consentFilter(reader, handle);
  const standing = (await list(reader, keys.consent(handle))).filter(mayKnow);
  const { ended, more } = await firstEnded(reader, handle, mayKnow);
  return { consents: [...standing, ...ended], ...(more && { more }) };
});

async function firstEnded(
  reader: Reader,
  of: Handle,
  mayKnow: (consent: Consent) => boolean,
): Promise<Readonly<{ ended: readonly Consent[]; more: boolean }>> {
  const ended: Consent[] = [];
  let left = ENDED_LISTED;
  for await (const known of consentPages(reader, keys.endedConsent(of), mayKnow))
    for (const consent of known) {
      left -= placesOf(consent.statement);
      if (left < 0) return { ended, more: true };
      ended.push(consent);
    }
  return { ended, more: false };
}
