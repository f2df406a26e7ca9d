// SPDX-License-Identifier: Apache-2.0
import { listDegraded, type DegradedPage, type ListedEntry } from '../../domain/degraded.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { page, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

type Known = Pick<ListedEntry, 'opened' | 'proven'>;

/** Custodians' entries about requests that were opened without the ledger, page by page, for custodians to compare. */
export const listEntries = evaluate(
  listDegraded,
  async (reader, { pageSize, bookmark }): Promise<DegradedPage> => {
    await requireProcess(reader, ['custodian']);
    const found = await page(reader, keys.degradedEntry(), pageSize, bookmark);
    const known = new Map<string, Known>();
    const entries: ListedEntry[] = [];
    for (const entry of found.values) {
      const { requestHash } = entry;
      const of = known.get(requestHash) ?? (await knownOf(reader, requestHash));
      known.set(requestHash, of);
      entries.push({ ...entry, ...of });
    }
    return {
      entries,
      ...(found.bookmark !== undefined && { bookmark: found.bookmark }),
    };
  },
);

/** A request is on the ledger as soon as it is verified who signed it. */
async function knownOf(reader: Reader, requestHash: string): Promise<Known> {
  const request = await read(reader, keys.degradedRequest(requestHash));
  return { proven: request !== undefined, opened: request?.opened !== undefined };
}
