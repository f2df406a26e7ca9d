// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { DomainError, type Custodian, type CustodianSet } from '@tutela/chaincode/domain';
import { asTheyAnswer } from './as-they-answer.js';

const [alder, birch, cedar] = ['AlderMSP', 'BirchMSP', 'CedarMSP'].map(
  (mspId) => ({ mspId }) as Custodian,
) as [Custodian, Custodian, Custodian];
const set = { members: [alder, birch] } as unknown as CustodianSet;

/** Birch answers at once; all others answer nothing until they are no longer asked. */
function birchAlone(asked: string[] = [], ended: string[] = []) {
  return ({ mspId }: Custodian, signal: AbortSignal): Promise<string> => {
    asked.push(mspId);
    if (mspId === birch.mspId) return Promise.resolve('good');
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        ended.push(mspId);
        reject(new DomainError('TOO_FEW_CUSTODIANS', 'is no longer asked'));
      });
    });
  };
}

test('members are asked at once, and one that has not answered when the reader leaves is asked no longer', async () => {
  const [asked, ended]: [string[], string[]] = [[], []];
  for await (const answered of asTheyAnswer([alder, birch, cedar], set, birchAlone(asked, ended))) {
    expect(answered).toEqual({ custodian: birch, answer: 'good' });
    expect(ended).toEqual([]);
    break;
  }
  expect([asked, ended]).toEqual([['AlderMSP', 'BirchMSP'], ['AlderMSP']]);
});

test('once the reader has enough, the others count as those that could not be asked', async () => {
  const enough = new AbortController();
  const answers: object[] = [];
  for await (const answered of asTheyAnswer([alder, birch], set, birchAlone(), enough.signal)) {
    answers.push(answered);
    enough.abort();
  }
  expect(answers).toEqual([
    { custodian: birch, answer: 'good' },
    { custodian: alder, code: 'TOO_FEW_CUSTODIANS' },
  ]);
});
