// SPDX-License-Identifier: Apache-2.0
import { byEmergency, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requirePractitioner } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { actorOf, tookPart } from './actor.js';
import { notify } from './notices.js';
import { OFFICERS } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/**
 * Who took part at the requester's hospital, or an officer there, ends the emergency. A co-signer of another hospital does
 * not, nor the patient's home: any member's clinicians may co-sign, and a home could end what its patient needs and let the
 * other hospital's quota pay for each new one. What a home objects to it says in the review.
 */
export const close = submit(byEmergency, async (ledger, { emergencyId }) => {
  const person = await requirePractitioner(ledger);
  const before = await emergencyFor(ledger, emergencyId, 'close');
  const mayClose = OFFICERS.includes(person.role) || tookPart(before, actorOf(ledger, person));
  if (person.mspId !== before.requester.mspId || !mayClose)
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'only those who took part at the hospital that opened it, or its officers, close it',
    );
  const after: Emergency = { ...before, state: 'closed', closedAt: ledger.now };
  await notify(ledger, after, 'closed');
  return stepTaken(ledger, after, 'emergency-closed', { role: person.role });
});
