// SPDX-License-Identifier: Apache-2.0
import { listRetirements as request, type Retirement, type RetirementPage } from '../../domain/retirement.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { retirementOf } from './certificate.js';

const DEFAULT_PAGE_SIZE = 100;

/** Retirements page by page, for the processes that carry them out. */
export const listRetirements = evaluate(request, async (reader, asked): Promise<RetirementPage> => {
  await requireProcess(reader, ['gateway', 'operator', 'custodian']);
  const size = asked.pageSize ?? DEFAULT_PAGE_SIZE;
  const { values, bookmark } = await page(reader, keys.retirement(), size, asked.bookmark);
  const all = await Promise.all(values.map((order) => retirementOf(reader, order)));
  const { mspId } = reader.caller;
  const isToConfirm = (one: Retirement): boolean =>
    one.ended?.as === 'completed' && !(mspId in one.confirmations);
  const retirements = asked.unconfirmed === true ? all.filter(isToConfirm) : all;
  return bookmark === undefined ? { retirements } : { retirements, bookmark };
});
