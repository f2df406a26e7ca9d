// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { identityOf } from '../identity.js';
import type { Ledger } from '../ledger/ledger.js';
import { Directory } from './directory.js';

const { publicKey } = identityOf('AlderMSP', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const alder = { mspId: 'AlderMSP', url: 'https://alder:7301', publicKey, status: 'active' };
const birch = { ...alder, mspId: 'BirchMSP', url: 'https://birch:443' };

async function knownOf(...registered: readonly unknown[]): Promise<readonly string[]> {
  const ledger: Pick<Ledger, 'evaluate' | 'mspId'> = {
    mspId: 'AlderMSP',
    evaluate: () => Promise.resolve({ custodians: registered }),
  };
  const directory = new Directory(ledger);
  await directory.refresh();
  return directory.all().map(({ mspId }) => mspId);
}

describe('the registered custodians', () => {
  test('are the active ones', async () => {
    expect(await knownOf(alder, birch, { ...alder, mspId: 'CedarMSP', status: 'banned' })).toEqual([
      'AlderMSP',
      'BirchMSP',
    ]);
  });

  test('attack 37: one that registers what cannot be used takes away no other', async () => {
    const wrong: readonly object[] = [
      { url: 'https://cedar:99999' },
      { url: 'https://1.2.3.999:7301' },
      { url: 'http://cedar:7301' },
      { url: 'https://user:word@cedar:7301' },
      { url: 'https://cedar:7301/admin?x=1' },
      { url: 7301 },
      { publicKey: 'x' },
    ];
    for (const change of wrong)
      expect(await knownOf(alder, { ...alder, mspId: 'CedarMSP', ...change }, birch)).toEqual([
        'AlderMSP',
        'BirchMSP',
      ]);
    expect(await knownOf(null, 1, alder)).toEqual(['AlderMSP']);
  });
});
