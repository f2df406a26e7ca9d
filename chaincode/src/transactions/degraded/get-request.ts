// SPDX-License-Identifier: Apache-2.0
import { byRequestHash } from '../../domain/degraded.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { list, readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** A request that was opened without the ledger, with every custodian's entry about it. */
export const getRequest = evaluate(byRequestHash, async (reader, { requestHash }) => {
  await requireAnyone(reader);
  const request = await readExisting(reader, keys.degradedRequest(requestHash));
  return { ...request, entries: await list(reader, keys.degradedEntry(requestHash)) };
});
