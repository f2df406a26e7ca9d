// SPDX-License-Identifier: Apache-2.0
import { deadlines, openEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { CLINICIAN_ROLES } from '../../domain/vocabulary.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requireOwnId } from '../../state/owned-id.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { steppedUp } from './actor.js';
import { notify } from './notices.js';
import { dayOf, requireQuota, usesInWindow } from './quota.js';
import { hospitalQuota, reproaches, requireNotSuspended } from './suspension.js';

/** A clinician breaks the glass for one patient, with the own passkey: the summary at once, more when others agree, and a review in any case. */
export const open = submit(openEmergency, async (ledger, { stepUp, ...asked }) => {
  const clinician = await requirePractitioner(ledger, CLINICIAN_ROLES);
  requireOwnId(asked.emergencyId, clinician.mspId);
  const [against, uses, patient] = await Promise.all([
    reproaches(ledger, clinician.mspId),
    usesInWindow(ledger, clinician.mspId),
    read(ledger, keys.patient(asked.handle)),
    requireAbsent(ledger, keys.emergency(asked.emergencyId)),
  ]);
  requireNotSuspended(against, clinician);
  requireQuota(uses, clinician, hospitalQuota(against));
  if (patient?.status !== 'active') throw new DomainError('NOT_FOUND', 'no such patient');

  const act = 'open-emergency';
  const requester = steppedUp(ledger, clinician, { act, stepUp, emergency: asked });
  const times = deadlines(asked, ledger.now);
  const emergency: Emergency = {
    ...asked,
    v: 1,
    state: 'requested',
    requester,
    ...times,
    reviews: [],
  };
  await writeOpened(ledger, emergency);
  await notify(ledger, emergency, 'opened');
  const { handle, emergencyId } = asked;
  return {
    answer: emergency,
    audit: { act: 'emergency-opened', role: clinician.role, handle, emergencyId, purpose: 'BTG' },
  };
});

/** Writes a new emergency where patient, quota and review look for it. */
export async function writeOpened(ledger: Ledger, emergency: Emergency): Promise<void> {
  const { emergencyId, handle, requester } = emergency;
  const { mspId, practitionerId, personTag, at } = requester;
  await write(ledger, keys.emergency(emergencyId), emergency);
  await write(ledger, keys.emergencyOf(handle, emergencyId), MARK);
  await write(ledger, keys.emergencyUse(mspId, dayOf(at), emergencyId), { practitionerId, personTag, at });
  await writeDue(ledger, emergency);
}

/**
 * Writes when the review of an emergency is due at the soonest, where suspension and quota look for it. A co-signature
 * rewrites none of it: any hospital's clinicians co-sign, and every opening of this hospital reads the range.
 */
async function writeDue(
  ledger: Ledger,
  { emergencyId, requester: { mspId, practitionerId, personTag }, reviewDueAt }: Emergency,
): Promise<void> {
  await write(ledger, keys.emergencyDue(mspId, emergencyId), { practitionerId, personTag, reviewDueAt });
}
