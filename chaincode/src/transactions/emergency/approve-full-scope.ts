// SPDX-License-Identifier: Apache-2.0
import { vouchForEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requirePractitioner } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { steppedUp } from './actor.js';
import { emergencyToVouchFor, stepTaken } from './step.js';
import { reproaches, requireNotSuspended } from './suspension.js';

/** The duty officer of another hospital opens the full chart of an emergency that two clinicians stand for. */
export const approveFullScope = submit(vouchForEmergency, async (ledger, { emergencyId, stepUp }) => {
  const officer = await requirePractitioner(ledger, ['medical-officer']);
  requireNotSuspended(await reproaches(ledger, officer.mspId), officer);
  const before = await emergencyToVouchFor(ledger, emergencyId, 'approve-full-scope');
  if (officer.mspId === before.requester.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'the duty officer must be of another hospital');
  if (before.scope !== 'full') throw new DomainError('OUTSIDE_SCOPE', 'only the summary was asked for');
  if (before.dutyOfficer !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'the full scope is approved already');
  const act = 'approve-full-scope';
  const dutyOfficer = steppedUp(ledger, officer, { act, stepUp, emergency: before });
  const after: Emergency = { ...before, dutyOfficer };
  return stepTaken(ledger, after, 'emergency-scope-approved', { role: officer.role });
});
