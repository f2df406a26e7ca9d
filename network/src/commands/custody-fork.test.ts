// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { describeFork } from './custody-fork.js';
import { tutela } from './program.js';

const AT = '2026-03-01T08:00:00.000Z';
const block = (hash: string, mspId: string) => ({ number: 7, hash, signer: { mspId } });

describe('the printed account of chains that contradict one another', () => {
  test('without evidence: it says that nothing contradicts the chain', () => {
    expect(describeFork({ hospital: 'alder', fork: null, equivocations: {} })).toEqual([
      'alder: nothing contradicts its chain, and no orderer is known to have signed blocks of two chains.',
    ]);
  });

  test('stopped releases: it names both blocks, their orderers, the hospitals that show the other block, and the command that ends the stop', () => {
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

  test('an orderer that signed blocks of two chains: it is named', () => {
    const equivocations = {
      CedarMSP: { at: AT, own: block('h', 'CedarMSP'), other: block('k', 'CedarMSP') },
    };
    expect(describeFork({ hospital: 'alder', fork: null, equivocations })).toEqual([
      `alder: the orderer of CedarMSP signed blocks of two chains; block 7 with the hash k is in the other one (seen ${AT}). Its signatures no longer count. Either it lied, or the leader at that height did.`,
    ]);
  });
});

test('a stop is cleared only at a hospital that is named', async () => {
  const asked = tutela().parseAsync(['--state', '/nowhere', 'custody', 'fork', 'clear'], { from: 'user' });
  await expect(asked).rejects.toMatchObject({ code: 'USAGE' });
});
