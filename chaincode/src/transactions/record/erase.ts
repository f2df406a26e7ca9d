// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { eraseRecord, type Erasure } from '../../domain/erasure.js';
import { requireAnyone } from '../../state/caller.js';
import type { ErasureOrder } from '../../state/erasure-parts.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { consumeNonce, readSigner, requireFresh, requireSignature } from '../../state/statements.js';
import { list, requireFree, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { destroyVersion } from './destroy-version.js';
import { endWaitingRetirement } from './waiting-retirement.js';

/** The patient has everything destroyed that opens a record: manifest and capsules of all versions, at every hospital. */
export const erase = submit(eraseRecord, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, erasureId, recordId, nonce, signedAt } = signed.statement;
  const patient = await readSigner(ledger, handle);
  requireSignature(ledger, patient, signed);
  requireFresh(ledger, signedAt);
  await requireFree(ledger, keys.erasure(erasureId), (taken) => taken.statement.handle === handle);
  const versions = await eraseVersions(ledger, signed.statement);
  await consumeNonce(ledger, handle, nonce);
  const order: ErasureOrder = { ...signed, v: 1, versions, orderedAt: ledger.now, txId: ledger.txId };
  await write(ledger, keys.erasure(erasureId), order);
  const answer: Erasure = { ...order, confirmations: {}, complete: false };
  return { answer, audit: { act: 'record-erased', handle, recordIds: [recordId] } };
});

async function eraseVersions(
  ledger: Ledger,
  { recordId, handle }: ErasureOrder['statement'],
): Promise<number> {
  const versions = await list(ledger, keys.record(recordId));
  if (versions.length === 0 || versions.some(({ ownerHandle }) => ownerHandle !== handle))
    throw new DomainError('NOT_FOUND', 'no such record');
  // A version that was retired is gone already; an erasure takes all of them.
  const standing = versions.filter(({ status }) => status !== 'erased');
  if (standing.length === 0) throw new DomainError('ERASED', 'the record is erased already');
  for (const version of standing) {
    await destroyVersion(ledger, version);
    await endWaitingRetirement(ledger, version);
  }
  return versions.length;
}
