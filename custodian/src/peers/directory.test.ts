// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { identityOf } from '../identity.js';
import { Directory } from './directory.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { publicKey } = identityOf('AlderMSP', privateKey);
const registered = (mspId: string, url: string) => ({ v: 1, mspId, url, publicKey, status: 'active' });

function directoryOf(custodians: readonly unknown[]): Directory {
  // Nothing else of the ledger is asked.
  const ledger = { mspId: 'AlderMSP', evaluate: () => Promise.resolve({ custodians }) };
  return new Directory(ledger as unknown as ConstructorParameters<typeof Directory>[0]);
}

describe('the registered custodians', () => {
  test('attack 37: one whose address is none is that hospital’s loss alone', async () => {
    const birch = registered('BirchMSP', 'https://localhost:7001');
    const hostile = [
      // The ledger takes any number of five digits.
      registered('CedarMSP', 'https://localhost:99999'),
      registered('CedarMSP', 'https://..:1'),
      { ...birch, mspId: 'CedarMSP', publicKey: 'none' },
      'rubbish',
    ];
    for (const entry of hostile) {
      const directory = directoryOf([registered('AlderMSP', 'https://localhost:7000'), entry, birch]);
      await directory.refresh();
      expect(directory.others().filter(({ mspId }) => mspId !== 'CedarMSP')).toEqual([birch]);
      expect(directory.find('BirchMSP').url).toBe(birch.url);
    }
  });

  test('that are suspended are not spoken to', async () => {
    const directory = directoryOf([
      { ...registered('BirchMSP', 'https://localhost:7001'), status: 'suspended' },
    ]);
    await directory.refresh();
    expect(directory.all()).toEqual([]);
  });
});
