// SPDX-License-Identifier: Apache-2.0
import { byEmergency, type Emergency } from '../../domain/emergency.js';
import { submit } from '../../state/transaction.js';
import { requireReviewer } from './officer.js';
import { emergencyFor, stepTaken } from './step.js';

/** An officer who took no part takes up the review of an emergency that is over. */
export const beginReview = submit(byEmergency, async (ledger, { emergencyId }) => {
  const before = await emergencyFor(ledger, emergencyId, 'begin-review');
  const officer = await requireReviewer(ledger, before);
  const after: Emergency = { ...before, state: 'under-review', reviewStartedAt: ledger.now };
  return stepTaken(ledger, after, 'emergency-review-begun', { role: officer.role });
});
