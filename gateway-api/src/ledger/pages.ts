// SPDX-License-Identifier: Apache-2.0

/** What is asked for the page after another one. */
export type After = Readonly<{ bookmark?: string }>;

/** More than there can be: a list is read to its end, whatever other hospitals have written. */
const MAX_PAGES = 100_000;

/** All pages of a list. Ends with an error rather than early. */
export async function* pagesOf<P extends After>(
  ask: (after: After) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  let after: After = {};
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const page = await ask(after);
    yield page;
    if (page.bookmark === undefined) return;
    after = { bookmark: page.bookmark };
  }
  throw new RangeError('the ledger lists more pages than can be');
}
