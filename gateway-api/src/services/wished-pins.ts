// SPDX-License-Identifier: Apache-2.0
import { GATEWAY } from '../ledger/actor.js';
import type { Ledger } from '../ledger/ledger.js';

const PAGE = 100;
const MAX_PAGES = 100_000;

/** Every part that the ledger knows, page by page. Ends with an error rather than early. */
export async function* wishedPins(ledger: Ledger): AsyncGenerator<string, void, undefined> {
  let bookmark: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
    const answer = await ledger.evaluate(GATEWAY, 'record:ListPins', asked);
    yield* answer.cids;
    bookmark = answer.bookmark;
    if (bookmark === undefined) return;
  }
  throw new RangeError('the ledger lists more pins than can be');
}
