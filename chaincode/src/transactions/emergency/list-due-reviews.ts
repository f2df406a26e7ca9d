// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { isProcess, requirePractitioner, requireProcess } from '../../state/caller.js';
import { readEmergencies } from '../../state/emergencies.js';
import { keys } from '../../state/keys.js';
import { listNamed } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { viewsOf } from './contests.js';

/** The emergencies of the caller's hospital that have no verdict yet, soonest due first. */
export const listDueReviews = evaluate(nothing, async (reader) => {
  if (isProcess(reader)) await requireProcess(reader, ['gateway', 'operator']);
  else await requirePractitioner(reader, ['privacy-officer', 'medical-officer', 'auditor']);
  const named = await listNamed(reader, keys.emergencyDue(reader.caller.mspId));
  const known = await readEmergencies(reader, named);
  const views = await viewsOf(reader, known);
  const emergencies = [...views].sort((a, b) => (a.reviewDueAt < b.reviewDueAt ? -1 : 1));
  return { emergencies };
});
