// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { describeFork } from './custody-fork.js';
import { tutela } from './program.js';

const AT = '2026-03-01T08:00:00.000Z';
const block = (hash: string, mspId: string) => ({ number: 7, hash, signer: { mspId } });

describe('telling of chains that contradict one another', () => {
  test('without evidence, says so', () => {
    expect(describeFork({ hospital: 'alder', fork: null, equivocations: {} })).toEqual([
      'alder: nothing contradicts the own chain, and no orderer is known to have been on two.',
    ]);
  });

  test('a stop names both blocks, their orderers, who shows the other one, and the way on', () => {
    const fork = {
      at: AT,
      members: ['BirchMSP', 'CedarMSP'],
      own: block('h', 'AlderMSP'),
      other: block('k', 'BirchMSP'),
    };
    const told = describeFork({ hospital: 'alder', fork, equivocations: {} }).join('\n');
    for (const word of [
      AT,
      'block 7 is h',
      'AlderMSP',
      'k is signed by the orderer of BirchMSP',
      'BirchMSP, CedarMSP',
    ])
      expect(told).toContain(word);
    expect(told).toContain('tutela custody fork clear alder');
  });

  test('an orderer that was on two chains is named beside it', () => {
    const equivocations = {
      CedarMSP: { at: AT, own: block('h', 'CedarMSP'), other: block('k', 'CedarMSP') },
    };
    expect(describeFork({ hospital: 'alder', fork: null, equivocations })).toEqual([
      `alder: the orderer of CedarMSP was on two chains; block 7 with the hash k is in the other one (seen ${AT}). Its signature counts no more; it lied, or the leader of that height did.`,
    ]);
  });
});

test('a stop is cleared only at a hospital that is named', async () => {
  const asked = tutela().parseAsync(['--state', '/nowhere', 'custody', 'fork', 'clear'], { from: 'user' });
  await expect(asked).rejects.toMatchObject({ code: 'USAGE' });
});
