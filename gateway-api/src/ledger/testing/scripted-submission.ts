// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId, type TxId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { EndorserChoice, type Endorsement as EndorsementOf } from '@tutela/fabric';
import type { TransactionStatus } from '../ledger.js';
import type { EndorsedTransaction, Submission } from '../submission.js';

export type Endorsement = EndorsementOf<EndorsedTransaction>;

const OTHERS = ['BirchMSP', 'CedarMSP'] as readonly string[] as readonly MspId[];
export const RESULT = new Uint8Array([123, 125]);

type Script = Readonly<{
  endorsements: readonly Endorsement[];
  statuses?: readonly TransactionStatus[];
}>;

export function play({ endorsements, statuses = [] }: Script): Submission & { calls: string[] } {
  const calls: string[] = [];
  let step = 0;
  let asked = 0;
  let now = 0;
  let last: Endorsement | undefined;
  const chance = chanceOf(1);
  return {
    calls,
    endorse: (organizations) => {
      calls.push(`endorse ${organizations?.join(',') ?? 'any'}`);
      const next = endorsements[Math.min(step, endorsements.length - 1)];
      step += 1;
      if (next === undefined) throw new Error('nothing is left in the script');
      last = next;
      return Promise.resolve(next);
    },
    otherOrganizations: () => Promise.resolve(OTHERS),
    own: 'AlderMSP' as MspId,
    choice: new EndorserChoice({ nowMs: () => now, chance }),
    status: async () => {
      const told = statuses[asked];
      asked += 1;
      if (told !== undefined) calls.push('status');
      return told ?? statusIn(last);
    },
    sleep: () => {
      now += 1_000;
      return Promise.resolve();
    },
    nowMs: () => now,
    chance,
  };
}

/** What the block says of a transaction, where the script says nothing else: what its outcome is. */
async function statusIn(last: Endorsement | undefined): Promise<TransactionStatus> {
  if (last?.kind !== 'endorsed') return { status: 'unknown' };
  try {
    const { valid: isValid, code } = await last.transaction.outcome();
    return { status: isValid ? 'valid' : 'invalid', code };
  } catch {
    return { status: 'unknown' };
  }
}

function chanceOf(seed: number): () => number {
  const random = seeded(seed);
  return () => random(1_000_000) / 1_000_000;
}

export function endorsed(
  outcome: () => Promise<{ valid: boolean; code: number }>,
  order = () => Promise.resolve(),
  endorsers: readonly string[] = ['AlderMSP', 'BirchMSP'],
): Endorsement {
  const transaction: EndorsedTransaction = {
    txId: 'a'.repeat(64) as TxId,
    result: RESULT,
    bytes: () => RESULT,
    endorsers: endorsers as readonly MspId[],
    order,
    outcome,
  };
  return { kind: 'endorsed', transaction };
}

export const valid = endorsed(() => Promise.resolve({ valid: true, code: 0 }));
export const conflicting = endorsed(() => Promise.resolve({ valid: false, code: 11 }));
export const underEndorsed = endorsed(() => Promise.resolve({ valid: false, code: 10 }));
/** Its id has another envelope's code. */
export const claimed = endorsed(() => Promise.resolve({ valid: false, code: 8 }));
export const silent = endorsed(() => Promise.reject(new Error('deadline exceeded')));
export const refusal = new DomainError('NOT_FOUND', 'no such patient at this hospital');
export const unreachable: Endorsement = {
  kind: 'unreachable',
  byOwnPeer: true,
  isLate: false,
  error: new DomainError('LEDGER_UNAVAILABLE', 'no answer'),
};
