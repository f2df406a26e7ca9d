// SPDX-License-Identifier: Apache-2.0
import { MAX_CONTESTS, type Contest, type Emergency, type EmergencyView } from '../../domain/emergency.js';
import { MAX_GUARDIANS } from '../../domain/guardian.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { first } from '../../state/store.js';
import { withReviewDue } from './review-due.js';

/** The patient, and as many guardians as there may be at a time; the patient's are the first of the range. */
const SHOWN_CONTESTS = MAX_CONTESTS * (MAX_GUARDIANS + 1);

/** The emergency as evaluations show it. What writes shows no contests: it would conflict with each of them. */
export async function viewOf(reader: Reader, emergency: Emergency): Promise<EmergencyView> {
  const [dated, { values }] = await Promise.all([
    withReviewDue(reader, emergency),
    first(reader, keys.contest(emergency.emergencyId), SHOWN_CONTESTS),
  ]);
  return { ...dated, contests: [...(emergency.contests ?? []), ...values].sort(byTime) };
}

/** The views of emergencies, one after the other: each opens a range at the peer. */
export async function viewsOf(
  reader: Reader,
  emergencies: readonly Emergency[],
): Promise<readonly EmergencyView[]> {
  const views: EmergencyView[] = [];
  for (const emergency of emergencies) views.push(await viewOf(reader, emergency));
  return views;
}

function byTime(a: Contest, b: Contest): number {
  return Number(a.at > b.at) - Number(a.at < b.at);
}
