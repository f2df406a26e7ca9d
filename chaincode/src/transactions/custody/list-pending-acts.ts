// SPDX-License-Identifier: Apache-2.0
import { listPendingActs as request, type PendingActPage } from '../../domain/sighting.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { delayOf } from '../../state/sightings.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

const DEFAULT_PAGE_SIZE = 100;

/** The acts whose public delay is not over, page by page, for the processes that see and complete them. */
export const listPendingActs = evaluate(request, async (reader, asked): Promise<PendingActPage> => {
  await requireProcess(reader, ['custodian', 'gateway', 'operator']);
  const size = asked.pageSize ?? DEFAULT_PAGE_SIZE;
  const { values, bookmark } = await page(reader, keys.pendingAct(), size, asked.bookmark);
  const acts = await Promise.all(values.map(async (one) => ({ ...one, ...(await delayOf(reader, one)) })));
  return bookmark === undefined ? { acts } : { acts, bookmark };
});
