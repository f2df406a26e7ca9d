// SPDX-License-Identifier: Apache-2.0
import { confirmErasure as request } from '../../domain/erasure.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's own process certifies that the hospital holds none of the erased record's blocks any more. */
export const confirmErasure = submit(request, async (ledger, { erasureId, blocksRemoved, blocksHash }) => {
  await requireProcess(ledger, ['gateway', 'operator']);
  const { mspId } = ledger.caller;
  const { statement } = await readExisting(ledger, keys.erasure(erasureId));
  const key = keys.erasureConfirmation(erasureId, mspId);
  await requireAbsent(ledger, key);
  await write(ledger, key, { mspId, at: ledger.now, blocksRemoved, blocksHash, txId: ledger.txId });
  const { handle, recordId } = statement;
  return { audit: { act: 'erasure-confirmed', handle, recordIds: [recordId] } };
});
