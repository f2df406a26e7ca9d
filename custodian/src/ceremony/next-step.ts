// SPDX-License-Identifier: Apache-2.0
import type { Ceremony, CeremonyComplaint } from '@tutela/chaincode/domain';

/**
 * What a custodian has to do next in a ceremony; `wait` while it is the others' turn, `await-finality` while only the
 * own peer is known to have its end.
 */
export type Step =
  | 'join'
  | 'deal'
  | 'confirm'
  | 'reveal'
  | 'activate'
  | 'wait'
  | 'await-approval'
  | 'await-finality'
  | 'finish'
  | 'discard';

/**
 * The next step, from what stands on the ledger and whether this custodian may take part in the ceremony: whoever is
 * asked again after a crash gives the same answer.
 */
export function nextStep(ceremony: Ceremony, mspId: string, mayTakePart: boolean): Step {
  if (ceremony.phase === 'aborted') return 'discard';
  if (ceremony.phase === 'active') return 'finish';
  if (ceremony.phase === 'disputed') return unanswered(ceremony, mspId) === undefined ? 'wait' : 'reveal';
  const { join, deal, confirm } = missingParts(ceremony);
  if (!mayTakePart && (join.includes(mspId) || deal.includes(mspId))) return 'await-approval';
  if (join.length > 0) return join.includes(mspId) ? 'join' : 'wait';
  if (deal.length > 0) return deal.includes(mspId) ? 'deal' : 'wait';
  if (confirm.length > 0) return confirm.includes(mspId) ? 'confirm' : 'wait';
  return 'activate';
}

/** A complaint about this dealer that it has not answered. */
export function unanswered({ complaints }: Ceremony, mspId: string): CeremonyComplaint | undefined {
  return complaints.find(({ dealer, revealed }) => dealer === mspId && revealed === undefined);
}

/** The MSP ids of those who have yet to join, deal and confirm. */
export function missingParts({
  members,
  dealers,
  joins,
  dealings,
  confirmations,
}: Ceremony): Readonly<Record<'join' | 'deal' | 'confirm', readonly string[]>> {
  const missing = (among: Ceremony['members'], done: Readonly<Record<string, unknown>>): readonly string[] =>
    among.map(({ mspId }): string => mspId).filter((mspId) => done[mspId] === undefined);
  return {
    join: missing(members, joins),
    deal: missing(dealers, dealings),
    confirm: missing(members, confirmations),
  };
}
