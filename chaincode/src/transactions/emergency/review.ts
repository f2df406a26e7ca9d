// SPDX-License-Identifier: Apache-2.0
import { reviewEmergency, withReview, type Emergency } from '../../domain/emergency.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { actorOf } from './actor.js';
import { notify } from './notices.js';
import { requireJudge } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/**
 * A hospital's verdict. Abuse that two hospitals found takes the right to emergencies from the clinician and half of the
 * quota from the hospital, until one of them takes its word back; what one found is written and told, and takes nothing.
 */
export const review = submit(reviewEmergency, async (ledger, { emergencyId, verdict, findingsHash }) => {
  const before = await emergencyFor(ledger, emergencyId, 'verdict');
  const officer = await requireJudge(ledger, before, verdict);
  const after = withReview(before, { ...actorOf(ledger, officer), verdict, findingsHash });
  await writeOutcome(ledger, before, after);
  await notify(ledger, after, 'judged');
  return stepTaken(ledger, after, 'emergency-reviewed', { role: officer.role });
});

/** Writes what stands against clinician and hospital now, where suspension and quota look for it. */
async function writeOutcome(
  ledger: Ledger,
  before: Emergency,
  { emergencyId, state, requester }: Emergency,
): Promise<void> {
  const { mspId, practitionerId, personTag } = requester;
  if (state !== 'under-review') await remove(ledger, keys.emergencyDue(mspId, emergencyId));
  const mark = keys.emergencyAbuse(mspId, emergencyId);
  if (state === 'abuse') await write(ledger, mark, { practitionerId, personTag });
  else if (before.state === 'abuse') await remove(ledger, mark);
}
