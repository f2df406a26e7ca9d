// SPDX-License-Identifier: Apache-2.0
import { byEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requirePractitioner } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { actorOf, tookPart } from './actor.js';
import { notify } from './notices.js';
import { isOfficerFor } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/** Someone who took part, or an officer of a hospital concerned, ends the emergency. */
export const close = submit(byEmergency, async (ledger, { emergencyId }) => {
  const person = await requirePractitioner(ledger);
  const before = await emergencyFor(ledger, emergencyId, 'close');
  if (!tookPart(before, actorOf(ledger, person)) && !(await isOfficerFor(ledger, before, person)))
    throw new DomainError('CALLER_NOT_ENTITLED', 'only those who took part, or an officer, close it');
  const after: Emergency = { ...before, state: 'closed', closedAt: ledger.now };
  await notify(ledger, after, 'closed');
  return stepTaken(ledger, after, 'emergency-closed', { role: person.role });
});
