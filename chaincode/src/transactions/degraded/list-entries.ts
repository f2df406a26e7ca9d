// SPDX-License-Identifier: Apache-2.0
import { listDegraded, type DegradedPage, type ListedEntry } from '../../domain/degraded.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { page, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** Custodians' entries about requests that were opened without the ledger, page by page, for custodians to compare. */
export const listEntries = evaluate(
  listDegraded,
  async (reader, { pageSize, bookmark }): Promise<DegradedPage> => {
    await requireProcess(reader, ['custodian']);
    const found = await page(reader, keys.degradedEntry(), pageSize, bookmark);
    const opened = new Map<string, boolean>();
    const entries: ListedEntry[] = [];
    for (const entry of found.values) {
      const { requestHash } = entry;
      if (!opened.has(requestHash)) opened.set(requestHash, await isOpened(reader, requestHash));
      entries.push({ ...entry, opened: opened.get(requestHash) === true });
    }
    return {
      entries,
      ...(found.bookmark !== undefined && { bookmark: found.bookmark }),
    };
  },
);

async function isOpened(reader: Reader, requestHash: string): Promise<boolean> {
  return (await read(reader, keys.degradedRequest(requestHash)))?.opened !== undefined;
}
