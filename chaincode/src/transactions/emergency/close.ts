// SPDX-License-Identifier: Apache-2.0
import { byEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requirePractitioner } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { actorOf, tookPart } from './actor.js';
import { notify } from './notices.js';
import { isOfficerFor } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/**
 * Who took part at the requester's hospital, or an officer of a hospital concerned, ends the emergency. A co-signer of
 * another hospital does not: anybody's clinicians may co-sign, and one hospital would end the emergencies of all.
 */
export const close = submit(byEmergency, async (ledger, { emergencyId }) => {
  const person = await requirePractitioner(ledger);
  const before = await emergencyFor(ledger, emergencyId, 'close');
  const isOwn = person.mspId === before.requester.mspId && tookPart(before, actorOf(ledger, person));
  if (!isOwn && !(await isOfficerFor(ledger, before, person)))
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'only those who took part at the hospital that opened it, or an officer, close it',
    );
  const after: Emergency = { ...before, state: 'closed', closedAt: ledger.now };
  await notify(ledger, after, 'closed');
  return stepTaken(ledger, after, 'emergency-closed', { role: person.role });
});
