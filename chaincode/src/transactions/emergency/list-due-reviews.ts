// SPDX-License-Identifier: Apache-2.0
import type { EmergencyId } from '../../domain/ids.js';
import { nothing } from '../../domain/registry.js';
import { isProcess, requirePractitioner, requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { listNamed, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { withReviewDue } from './review-due.js';

/** The emergencies of the caller's hospital that have no verdict yet, soonest due first. */
export const listDueReviews = evaluate(nothing, async (reader) => {
  if (isProcess(reader)) await requireProcess(reader, ['gateway', 'operator']);
  else await requirePractitioner(reader, ['privacy-officer', 'medical-officer', 'auditor']);
  const named = await listNamed(reader, keys.emergencyDue(reader.caller.mspId));
  // The last part of the key is the id that was decoded when it was written.
  const all = await Promise.all(named.map(({ name }) => read(reader, keys.emergency(name as EmergencyId))));
  const known = all.filter((emergency) => emergency !== undefined);
  const dated = await Promise.all(known.map((emergency) => withReviewDue(reader, emergency)));
  const emergencies = dated.sort((a, b) => (a.reviewDueAt < b.reviewDueAt ? -1 : 1));
  return { emergencies };
});
