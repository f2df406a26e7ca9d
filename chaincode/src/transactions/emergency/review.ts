// SPDX-License-Identifier: Apache-2.0
import {
  findsAbuse,
  isAbuseToOthers,
  reviewEmergency,
  withReview,
  type Emergency,
  type Review,
} from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { list, remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { actorOf } from './actor.js';
import { notify } from './notices.js';
import { requireJudge } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/**
 * A hospital's verdict. Abuse that the clinician's own hospital found, or two others, takes the right to emergencies from
 * the clinician; what two others found takes half of the quota from the hospital too. One of them can withdraw its verdict.
 * What a single other hospital found takes nothing; it is written, and every privacy office gets a notice, so that one may join.
 */
export const review = submit(reviewEmergency, async (ledger, { emergencyId, verdict, findingsHash }) => {
  const before = await emergencyFor(ledger, emergencyId, 'verdict');
  const officer = await requireJudge(ledger, before, verdict);
  const given: Review = { ...actorOf(ledger, officer), verdict, findingsHash };
  const after = withReview(before, given);
  await writeOutcome(ledger, before, after);
  const isAlone = findsAbuse(given) && after.state !== 'abuse';
  await notify(ledger, after, 'judged', isAlone ? await everyHospital(ledger) : []);
  return stepTaken(ledger, after, 'emergency-reviewed', { role: officer.role });
});

async function everyHospital(ledger: Ledger): Promise<readonly MspId[]> {
  return (await list(ledger, keys.hospital())).map(({ mspId }) => mspId);
}

/** Writes what stands against clinician and hospital now, where suspension and quota look for it. */
async function writeOutcome(ledger: Ledger, before: Emergency, after: Emergency): Promise<void> {
  const { emergencyId, state, requester } = after;
  const { mspId, practitionerId, personTag } = requester;
  if (state !== 'under-review') await remove(ledger, keys.emergencyDue(mspId, emergencyId));
  const mark = keys.emergencyAbuse(mspId, emergencyId);
  if (state === 'abuse')
    await write(ledger, mark, { practitionerId, personTag, foundByOthers: isAbuseToOthers(after) });
  else if (before.state === 'abuse') await remove(ledger, mark);
}
