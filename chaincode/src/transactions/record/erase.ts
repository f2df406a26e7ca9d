// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { eraseRecord, type Erasure } from '../../domain/erasure.js';
import { MAX_VERSIONS_PER_RECORD } from '../../domain/record.js';
import { requireAnyone } from '../../state/caller.js';
import type { ErasureOrder } from '../../state/erasure-parts.js';
import { keys, MARK } from '../../state/keys.js';
import type { MspId } from '../../domain/ids.js';
import type { Ledger } from '../../state/ledger.js';
import { requireOwnId } from '../../state/owned-id.js';
import { isErased } from '../../state/records.js';
import { consumeNonce, readSigner, requireFresh, requireSignature } from '../../state/statements.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { purgeVault } from '../../state/vault.js';

/**
 * The patient has everything destroyed that opens a record: manifest and capsules of all versions, at every hospital. One
 * mark says so of all of them. Nothing is read that the home hospital rewrites, or each version and each retirement that
 * it brings meanwhile would stop the erasure; so it purges every version that there can be.
 */
export const erase = submit(eraseRecord, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, erasureId, recordId, nonce, signedAt } = signed.statement;
  const patient = await readSigner(ledger, handle);
  requireSignature(ledger, patient, signed);
  requireFresh(ledger, signedAt);
  requireOwnId(erasureId, handle);
  await requireAbsent(ledger, keys.erasure(erasureId));
  const author = await authorOf(ledger, signed.statement);
  await consumeNonce(ledger, patient, nonce);
  await write(ledger, keys.recordErased(recordId), MARK);
  for (let version = 1; version <= MAX_VERSIONS_PER_RECORD; version += 1)
    await purgeVault(ledger, recordId, version);
  const order: ErasureOrder = { ...signed, v: 1, author, orderedAt: ledger.now, txId: ledger.txId };
  await write(ledger, keys.erasure(erasureId), order);
  const answer: Erasure = { ...order, confirmations: {}, complete: false };
  return { answer, audit: { act: 'record-erased', handle, recordIds: [recordId] } };
});

/** The hospital that registered the patient's own record, which stands. */
async function authorOf(ledger: Ledger, { recordId, handle }: ErasureOrder['statement']): Promise<MspId> {
  const [first, erased] = await Promise.all([
    read(ledger, keys.record(recordId, 1)),
    isErased(ledger, recordId),
  ]);
  if (first?.ownerHandle !== handle) throw new DomainError('NOT_FOUND', 'no such record');
  if (erased) throw new DomainError('ERASED', 'the record is erased already');
  return first.author;
}
