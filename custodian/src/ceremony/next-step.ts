// SPDX-License-Identifier: Apache-2.0
import type { Ceremony } from '@tutela/chaincode/domain';

/** What a custodian has to do next in a ceremony; `wait` while it is the others' turn. */
export type Step = 'join' | 'deal' | 'confirm' | 'activate' | 'wait' | 'finish' | 'discard';

/** The next step, from what stands on the ledger alone: whoever is asked again after a crash gives the same answer. */
export function nextStep(ceremony: Ceremony, mspId: string): Step {
  const { phase, members, dealers, joins, dealings, confirmations } = ceremony;
  if (phase === 'aborted') return 'discard';
  if (phase === 'active') return 'finish';
  const isMember = members.some((member) => member.mspId === mspId);
  const isDealer = dealers.some((dealer) => dealer.mspId === mspId);
  if (members.some((member) => joins[member.mspId] === undefined))
    return isMember && joins[mspId] === undefined ? 'join' : 'wait';
  if (dealers.some((dealer) => dealings[dealer.mspId] === undefined))
    return isDealer && dealings[mspId] === undefined ? 'deal' : 'wait';
  if (members.some((member) => confirmations[member.mspId] === undefined))
    return isMember && confirmations[mspId] === undefined ? 'confirm' : 'wait';
  return 'activate';
}
