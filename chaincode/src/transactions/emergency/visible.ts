// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import type { Reader } from '../../state/ledger.js';

/** Whether the caller's hospital is one that the emergency concerns, or the caller is a custodian. */
export function concerns({ caller }: Reader, emergency: Emergency, home: MspId | undefined): boolean {
  const { requester, cosigner, dutyOfficer } = emergency;
  const hospitals = [home, requester.mspId, cosigner?.mspId, dutyOfficer?.mspId];
  return caller.role === 'custodian' || hospitals.includes(caller.mspId);
}
