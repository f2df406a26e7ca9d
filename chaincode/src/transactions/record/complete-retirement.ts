// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { RecordVersion } from '../../domain/record.js';
import { namedRetirement, newRetirement, type RetirementOrder } from '../../domain/retirement.js';
import { requireProcess } from '../../state/caller.js';
import type { Ledger } from '../../state/ledger.js';
import { isErased, listVersions } from '../../state/records.js';
import { requireDelayOver } from '../../state/sightings.js';
import { submit, type Submission } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';
import { destroyVersion } from './destroy-version.js';
import { endRetirement, waitingRetirement } from './waiting-retirement.js';

/**
 * After its delay in public the author's hospital destroys what opens a retired version. That the next version's
 * blocks exist, and hold the same content, no peer can check: the delay and the objections are what protects the old one.
 */
export const completeRetirement = submit(namedRetirement, async (ledger, named) => {
  await requireProcess(ledger, ['gateway', 'operator']);
  const order = await waitingRetirement(ledger, named);
  const { caller } = ledger;
  if (caller.mspId !== order.by.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'this is for the author’s own hospital');
  if (await isErased(ledger, order.recordId)) return endAsErased(ledger, order);
  await requireDelayOver(ledger, order.txId, newRetirement(order));
  await destroyVersion(ledger, await replacedVersion(ledger, order));
  const answer = newRetirement(await endRetirement(ledger, order, { as: 'completed' }));
  const { handle, recordId, version } = order;
  await leaveNotices(
    ledger,
    { handle, cause: 'record-retired', record: { recordId, version } },
    caller.mspId,
  );
  return { answer, audit: { act: 'record-retired', handle, recordIds: [recordId] } };
});

/** The patient had all versions destroyed meanwhile: nothing is left to retire, and nothing waits any more. */
async function endAsErased(ledger: Ledger, order: RetirementOrder): Promise<Submission> {
  const answer = newRetirement(await endRetirement(ledger, order, { as: 'cancelled' }));
  const { handle, recordId } = order;
  return { answer, audit: { act: 'record-retirement-cancelled', handle, recordIds: [recordId] } };
}

/** The version that is to go, while a later one stands: each that went before was sealed anew in its next one. */
async function replacedVersion(
  ledger: Ledger,
  { recordId, version }: RetirementOrder,
): Promise<RecordVersion> {
  const standing = (await listVersions(ledger, recordId)).filter(({ status }) => status !== 'erased');
  const old = standing.find((one) => one.version === version);
  if (old === undefined) throw new DomainError('ERASED', 'the version is erased already');
  if (!standing.some((one) => one.version > version))
    throw new DomainError('CONFLICT', 'no later version stands; the content would be lost');
  return old;
}
