// SPDX-License-Identifier: Apache-2.0
import { listAccusations as request, type AccusationPage } from '../../domain/accusation.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The proven lies of a custodian page by page, so that those of one hide no other's. */
export const listAccusations = evaluate(request, async (reader, asked): Promise<AccusationPage> => {
  await requireAnyone(reader);
  const range = keys.accusation(asked.custodian);
  const { values: accusations, bookmark } = await page(reader, range, asked.pageSize, asked.bookmark);
  return bookmark === undefined ? { accusations } : { accusations, bookmark };
});
