// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { RecordVersion } from '../../domain/record.js';
import {
  requireReseal,
  retireVersion,
  type Retirement,
  type RetirementOrder,
  type RetireVersion,
} from '../../domain/retirement.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { purgeVault, readVault } from '../../state/vault.js';
import { requireWritable } from './register.js';

/**
 * An author puts a version out of use whose content the next version has under new keys: manifest and capsules are
 * purged at every hospital, so that whoever knew its keys finds nothing to open. What was anchored publicly stays.
 */
export const retire = submit(retireVersion, async (ledger, asked) => {
  const author = await requirePractitioner(ledger);
  const [old, next] = await Promise.all([
    read(ledger, keys.record(asked.recordId, asked.version)),
    read(ledger, keys.record(asked.recordId, asked.version + 1)),
  ]);
  if (old?.author !== author.mspId) throw new DomainError('NOT_FOUND', 'no such version of this hospital');
  await requireAbsent(ledger, keys.retirement(asked.recordId, asked.version));
  if (old.status === 'erased') throw new DomainError('ERASED', 'the version is erased already');
  if (next === undefined || next.status === 'erased')
    throw new DomainError('CONFLICT', 'only a version that another took the place of can be retired');
  const segments = await requireResealed(ledger, asked);
  requireWritable(author, segments);
  const order = orderOf(ledger, old, author.practitionerId);
  await write(ledger, keys.retirement(asked.recordId, asked.version), order);
  await write(ledger, keys.record(asked.recordId, asked.version), { ...old, status: 'erased' });
  await purgeVault(ledger, asked.recordId, asked.version);
  const answer: Retirement = { ...order, confirmations: {}, complete: false };
  const { handle, recordId } = order;
  return { answer, audit: { act: 'record-retired', role: author.role, handle, recordIds: [recordId] } };
});

async function requireResealed(
  ledger: Ledger,
  { recordId, version }: RetireVersion,
): Promise<readonly Readonly<{ category: string }>[]> {
  const [older, newer] = await Promise.all([
    readVault(ledger, recordId, version),
    readVault(ledger, recordId, version + 1),
  ]);
  if (older === undefined || newer === undefined)
    throw new DomainError('CONFLICT', 'this peer does not have both manifests yet; try again');
  requireReseal(older.manifest, newer.manifest);
  return older.manifest.segments;
}

function orderOf(
  { caller, now, txId }: Ledger,
  { recordId, version, ownerHandle: handle }: RecordVersion,
  practitionerId: RetirementOrder['by']['practitionerId'],
): RetirementOrder {
  const by = { mspId: caller.mspId, practitionerId };
  return { v: 1, recordId, version, replacedBy: version + 1, handle, by, orderedAt: now, txId };
}
