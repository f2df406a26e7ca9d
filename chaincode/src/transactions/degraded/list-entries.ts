// SPDX-License-Identifier: Apache-2.0
import { listDegraded, type DegradedPage } from '../../domain/degraded.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** Custodians' entries about requests that were opened without the ledger, page by page, for custodians to compare. */
export const listEntries = evaluate(
  listDegraded,
  async (reader, { pageSize, bookmark }): Promise<DegradedPage> => {
    await requireProcess(reader, ['custodian']);
    const found = await page(reader, keys.degradedEntry(), pageSize, bookmark);
    return {
      entries: found.values,
      ...(found.bookmark !== undefined && { bookmark: found.bookmark }),
    };
  },
);
