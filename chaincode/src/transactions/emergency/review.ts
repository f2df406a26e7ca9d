// SPDX-License-Identifier: Apache-2.0
import { reviewEmergency, type Emergency } from '../../domain/emergency.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { actorOf } from './actor.js';
import { requireReviewer } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/** The verdict; abuse takes the right to emergencies from the clinician and half of the quota from the hospital. */
export const review = submit(reviewEmergency, async (ledger, { emergencyId, verdict, findingsHash }) => {
  const before = await emergencyFor(ledger, emergencyId, 'verdict');
  const officer = await requireReviewer(ledger, before);
  const { mspId, practitionerId, personTag } = before.requester;
  await remove(ledger, keys.emergencyDue(mspId, emergencyId));
  if (verdict === 'abuse')
    await write(ledger, keys.emergencyAbuse(mspId, emergencyId), { practitionerId, personTag });
  const reviewed = { ...actorOf(ledger, officer), verdict, findingsHash };
  const after: Emergency = { ...before, state: verdict, review: reviewed };
  return stepTaken(ledger, after, 'emergency-reviewed', { role: officer.role });
});
