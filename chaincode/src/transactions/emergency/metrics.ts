// SPDX-License-Identifier: Apache-2.0
import type { EmergencyMetrics } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import { isOverdue, type Notice } from '../../domain/notice.js';
import { byHospital } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { readEmergencies } from '../../state/emergencies.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { everyPage, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { isFormer } from '../registry/guardians.js';
import { usesInWindow } from './quota.js';
import { hospitalQuota, reproaches } from './suspension.js';

/** How a hospital's emergencies went, for every member to see. */
export const metrics = evaluate(byHospital, async (reader, { mspId }): Promise<EmergencyMetrics> => {
  await requireAnyone(reader);
  const [uses, against] = await Promise.all([usesInWindow(reader, mspId), reproaches(reader, mspId)]);
  const counts = { opened: 0, awaitingReview: 0, upheld: 0 };
  const contested = await markedAsContested(reader, mspId);
  for await (const page of everyPage(reader, keys.emergencyUse(mspId))) {
    counts.opened += page.length;
    const all = await readEmergencies(reader, page);
    counts.awaitingReview += all.filter(({ state }) => state !== 'upheld' && state !== 'abuse').length;
    counts.upheld += all.filter(({ state }) => state === 'upheld').length;
    for (const { emergencyId, contests = [] } of all) if (contests.length > 0) contested.add(emergencyId);
  }
  return {
    mspId,
    ...counts,
    contested: contested.size,
    openedInWindow: uses.length,
    overdue: against.overdue.length,
    abuse: against.abuses.length,
    quota: hospitalQuota(against),
    ...(await waitingNotices(reader, mspId)),
  };
});

/** The ids of emergencies that are marked as contested; contests of an earlier version have no mark. */
async function markedAsContested(reader: Reader, mspId: MspId): Promise<Set<string>> {
  const marked = new Set<string>();
  for await (const page of everyPage(reader, keys.emergencyContested(mspId)))
    for (const { name } of page) marked.add(name);
  return marked;
}

/** Notices that wait, and that wait too long; a former guardian's are not fetched any more. */
async function waitingNotices(
  reader: Reader,
  mspId: MspId,
): Promise<Pick<EmergencyMetrics, 'noticesPending' | 'noticesOverdue'>> {
  let [noticesPending, noticesOverdue] = [0, 0];
  for await (const page of everyPage(reader, keys.notice(mspId))) {
    const isAwaited = await Promise.all(page.map(({ value }) => hasRecipient(reader, value)));
    const awaited = page.filter((_, position) => isAwaited[position]);
    noticesPending += awaited.length;
    noticesOverdue += awaited.filter(({ value }) => isOverdue(value, reader.now)).length;
  }
  return { noticesPending, noticesOverdue };
}

async function hasRecipient(reader: Reader, { recipient }: Notice): Promise<boolean> {
  if (recipient.kind !== 'guardian') return true;
  const guardian = await read(reader, keys.guardian(recipient.handle, recipient.guardianId));
  return guardian !== undefined && !isFormer(guardian);
}
