// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import { inTurn } from '../../state/in-turn.js';
import type { Key } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { everyPage } from '../../state/store.js';

/** Consents that are read at once: each may name hundreds of records. */
const PAGE_SIZE = 64;

/** The consents of a range that are wanted, page by page, each page in a turn; only for evaluations. */
export async function* consentPages(
  reader: Reader,
  range: Key<Consent>,
  isWanted: (consent: Consent) => boolean,
): AsyncGenerator<readonly Consent[]> {
  for await (const page of everyPage(reader, range, PAGE_SIZE))
    yield await inTurn(reader, () => page.map(({ value }) => value).filter(isWanted));
}
