// SPDX-License-Identifier: Apache-2.0
import type { Ceremony, CustodianSet } from '@tutela/chaincode/domain';

/** Who holds the key now, the set a ceremony starts from, and the MSP ids of all registered custodians. */
export type Holders = Readonly<{
  active: CustodianSet | undefined;
  previous: CustodianSet | undefined;
  registered: readonly string[];
}>;

/**
 * Whether a ceremony decides *who* holds the key, which a custodian's own operator must approve. Two kinds decide
 * nothing: the first key dealt to every registered custodian, and new shares for the very set that holds it. The
 * name of the kind is not believed: it was chosen by whoever started the ceremony.
 */
export function needsApproval(ceremony: Ceremony, { active, previous, registered }: Holders): boolean {
  if (ceremony.kind === 'reshare') return true;
  const members = ceremony.members.map(({ mspId }): string => mspId);
  if (previous === undefined)
    return active !== undefined || registered.some((mspId) => !members.includes(mspId));
  const isSameSet =
    previous.members.length === members.length &&
    previous.members.every(({ mspId }, position) => mspId === members[position]);
  return !isSameSet || previous.threshold !== ceremony.threshold || active?.epoch !== previous.epoch;
}
