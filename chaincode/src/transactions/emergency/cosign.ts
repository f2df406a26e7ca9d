// SPDX-License-Identifier: Apache-2.0
import { REVIEW_DUE_MS, samePerson, vouchForEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { Practitioner } from '../../domain/registry.js';
import { later } from '../../domain/time.js';
import { CLINICIAN_ROLES } from '../../domain/vocabulary.js';
import { requirePractitioner } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { actorOf, steppedUp } from './actor.js';
import { notify } from './notices.js';
import { emergencyToVouchFor, stepTaken } from './step.js';
import { reproaches, requireNotSuspended } from './suspension.js';

/** A second clinician, another person with another certificate, vouches for the emergency. */
export const cosign = submit(vouchForEmergency, async (ledger, { emergencyId, stepUp }) => {
  const clinician = await requirePractitioner(ledger, CLINICIAN_ROLES);
  requireNotSuspended(await reproaches(ledger, clinician.mspId), clinician);
  const before = await emergencyToVouchFor(ledger, emergencyId, 'cosign');
  if (samePerson(before.requester, actorOf(ledger, clinician)))
    throw new DomainError('EMERGENCY_SAME_PERSON', 'the co-signer must be another person');
  const act = 'cosign-emergency';
  const cosigner = steppedUp(ledger, clinician, { act, stepUp, emergency: before });
  const reviewDueAt = later(before.requester.at, REVIEW_DUE_MS);
  const after: Emergency = { ...before, state: 'cosigned', cosigner, reviewDueAt };
  const approved = isForeignOfficer(before, clinician) ? { ...after, dutyOfficer: cosigner } : after;
  await notify(ledger, approved, 'cosigned');
  return stepTaken(ledger, approved, 'emergency-cosigned', { role: clinician.role });
});

/** A medical officer of another hospital who co-signs is that hospital's duty officer too. */
function isForeignOfficer({ requester }: Emergency, { role, mspId }: Practitioner): boolean {
  return role === 'medical-officer' && mspId !== requester.mspId;
}
