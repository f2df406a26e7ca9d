// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { confirmRetirement as request } from '../../domain/retirement.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's own process certifies that the hospital holds none of a retired version's blocks any more. */
export const confirmRetirement = submit(request, async (ledger, asked) => {
  await requireProcess(ledger, ['gateway', 'operator']);
  const { recordId, version, blocksRemoved, blocksHash } = asked;
  const { mspId } = ledger.caller;
  const { handle, ended } = await readExisting(ledger, keys.retirement(recordId, version));
  if (ended?.as !== 'completed')
    throw new DomainError('FORBIDDEN_TRANSITION', 'the version is not retired, and its blocks stay');
  const key = keys.retirementConfirmation(recordId, version, mspId);
  await requireAbsent(ledger, key);
  await write(ledger, key, { mspId, at: ledger.now, blocksRemoved, blocksHash, txId: ledger.txId });
  return { audit: { act: 'retirement-confirmed', handle, recordIds: [recordId] } };
});
