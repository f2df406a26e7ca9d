// SPDX-License-Identifier: Apache-2.0
import { custodianOf, postDegraded, type DegradedEntry } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { attested } from './attested.js';
import { recordRequest } from './record-request.js';

/**
 * A custodian brings what it wrote down while the ledger stalled; whatever the mode is now, evidence is taken. Its
 * entry stands also where the ledger refuses to record an emergency of it; the audit then says why, and the custodian
 * may bring the same entry again until the emergency is recorded. Evidence that comes too late for that, and stands
 * beside no recorded emergency, is refused for good.
 */
export const post = submit(postDegraded, async (ledger, asked) => {
  await requireProcess(ledger, ['custodian']);
  const { mspId } = ledger.caller;
  const found = await attested(ledger, asked);
  const { requestHash } = found;
  const own = found.signed.find((one) => custodianOf(one) === mspId);
  if (own === undefined)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a custodian posts what it has acknowledged');
  const acknowledgedBy = [...new Set([...found.acknowledgedBy, mspId])].sort();
  const entry: DegradedEntry = {
    ...{ v: 1, requestHash, mspId, acknowledgement: own, acknowledgedBy },
    ...{ released: asked.released, postedAt: ledger.now, txId: ledger.txId },
  };
  const saysMore = await writeEntry(ledger, entry);
  const { opened, audit } = await recordRequest(ledger, asked.request, found);
  if (!saysMore && opened === undefined)
    throw new DomainError('ALREADY_EXISTS', 'the entry is on the ledger already');
  return { answer: entry, audit };
});

/** Writes an entry and answers whether it says more than before; it may, when the ledger stalled again, and never less. */
async function writeEntry(ledger: Ledger, entry: DegradedEntry): Promise<boolean> {
  const key = keys.degradedEntry(entry.requestHash, entry.mspId);
  const before = await read(ledger, key);
  if (before === undefined) {
    await write(ledger, key, entry);
    return true;
  }
  if (before.released && !entry.released)
    throw new DomainError('CONFLICT', 'the entry says that nothing was released, and said otherwise');
  const isMore =
    entry.released !== before.released || entry.acknowledgedBy.length > before.acknowledgedBy.length;
  const { postedAt } = before;
  if (isMore) await write(ledger, key, { ...entry, postedAt });
  return isMore;
}
