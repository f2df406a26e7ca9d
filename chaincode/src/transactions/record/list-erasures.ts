// SPDX-License-Identifier: Apache-2.0
import { listErasures as request, type ErasurePage } from '../../domain/erasure.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { certificateOf } from './certificate.js';

const DEFAULT_PAGE_SIZE = 100;

/** Erasures page by page, for the processes that carry them out. */
export const listErasures = evaluate(request, async (reader, asked): Promise<ErasurePage> => {
  await requireProcess(reader, ['gateway', 'operator', 'custodian']);
  const size = asked.pageSize ?? DEFAULT_PAGE_SIZE;
  const { values, bookmark } = await page(reader, keys.erasure(), size, asked.bookmark);
  const all = await Promise.all(values.map((order) => certificateOf(reader, order)));
  const erasures =
    asked.unconfirmed === true ? all.filter((one) => !(reader.caller.mspId in one.confirmations)) : all;
  return bookmark === undefined ? { erasures } : { erasures, bookmark };
});
