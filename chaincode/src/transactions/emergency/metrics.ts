// SPDX-License-Identifier: Apache-2.0
import type { Emergency, EmergencyMetrics } from '../../domain/emergency.js';
import type { EmergencyId } from '../../domain/ids.js';
import { isOverdue } from '../../domain/notice.js';
import { byHospital } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { list, listNamed, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { usesInWindow } from './quota.js';
import { hospitalQuota, reproaches } from './suspension.js';

/** How a hospital's emergencies went, for every member to see. */
export const metrics = evaluate(byHospital, async (reader, { mspId }): Promise<EmergencyMetrics> => {
  await requireAnyone(reader);
  const [named, uses, against, notices] = await Promise.all([
    listNamed(reader, keys.emergencyUse(mspId)),
    usesInWindow(reader, mspId),
    reproaches(reader, mspId),
    list(reader, keys.notice(mspId)),
  ]);
  // The last part of the key is the id that was decoded when it was written.
  const all = await Promise.all(named.map(({ name }) => read(reader, keys.emergency(name as EmergencyId))));
  const count = (holds: (emergency: Emergency) => boolean): number =>
    all.filter((emergency) => emergency !== undefined && holds(emergency)).length;
  return {
    mspId,
    opened: named.length,
    openedInWindow: uses.length,
    awaitingReview: count(({ review }) => review === undefined),
    overdue: against.overdue.length,
    upheld: count(({ state }) => state === 'upheld'),
    abuse: against.abuses.length,
    contested: count(({ contests }) => contests.length > 0),
    quota: hospitalQuota(against),
    noticesPending: notices.filter(({ delivered }) => delivered === undefined).length,
    noticesOverdue: notices.filter((notice) => isOverdue(notice, reader.now)).length,
  };
});
