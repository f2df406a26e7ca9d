// SPDX-License-Identifier: Apache-2.0
import { isActiveAmong, vouchedFor, type Emergency } from '../../domain/emergency.js';
import {
  decideByEmergency,
  type ConsentQuestion,
  type Decision,
  type Requester,
} from '../../domain/policy.js';
import type { Reader } from '../../state/ledger.js';
import { isSuspended, reproaches } from './suspension.js';
import { vouchersOf } from './vouchers.js';

/**
 * What an emergency opens to one who asks, on what the ledger says now of its requester and of those who vouched for it.
 * Who vouched is read only where that decides: else any hospital whose person co-signed could keep the summary closed by
 * changing that person's entry.
 */
export async function emergencyRule(
  reader: Reader,
  emergency: Emergency,
  { mspId }: Pick<Requester, 'mspId'>,
): Promise<(question: ConsentQuestion) => Promise<Decision>> {
  if (isSuspended(await reproaches(reader, mspId), emergency.requester))
    return () => Promise.resolve({ decision: 'deny', code: 'EMERGENCY_SUSPENDED' });
  const alone = vouchedFor(emergency, () => false);
  let standing: Emergency | undefined;
  return async (question) => {
    const decision = decideByEmergency(question, alone);
    const isOpenAlone = decision.decision === 'permit';
    if (isOpenAlone || decideByEmergency(question, emergency).decision === 'deny') return decision;
    standing ??= vouchedFor(emergency, isActiveAmong(await vouchersOf(reader, emergency)));
    return decideByEmergency(question, standing);
  };
}
