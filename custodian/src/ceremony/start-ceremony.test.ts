// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { CustodianSet } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import { startCeremony, type DesiredCeremony, type Present } from './start-ceremony.js';

const REGISTERED = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP'];
const active = {
  epoch: 3,
  threshold: 2,
  members: REGISTERED.slice(0, 3).map((mspId, at) => ({ mspId, index: at + 1 })),
} as unknown as CustodianSet;

/** What a custodian asks of the ledger for a desired. */
async function asked(
  mspId: string,
  desired: DesiredCeremony,
  change: Partial<Present> = {},
): Promise<unknown> {
  const sent: unknown[] = [];
  const submit = (_: string, request: object): Promise<unknown> => Promise.resolve(sent.push(request));
  const ledger = { mspId, submit } as unknown as Ledger;
  await startCeremony(ledger, desired, { active, registered: REGISTERED, livePeers: [], ...change });
  return sent[0];
}

describe('starting a ceremony', () => {
  test('those who stay deal, before a leaving one that is live', async () => {
    const desired = { kind: 'reshare', members: ['AlderMSP', 'BirchMSP'] } as const;
    expect(await asked('AlderMSP', desired, { livePeers: ['CedarMSP'] })).toMatchObject({
      dealers: ['AlderMSP', 'BirchMSP'],
    });
  });

  test('those that are live deal before those who are silent', async () => {
    expect(await asked('AlderMSP', { kind: 'refresh' }, { livePeers: ['CedarMSP'] })).toMatchObject({
      threshold: 2,
      dealers: ['AlderMSP', 'CedarMSP'],
    });
  });

  test('a reshare without members or threshold takes every registered custodian, and a majority', async () => {
    expect(await asked('BirchMSP', { kind: 'reshare' })).toMatchObject({ members: REGISTERED, threshold: 3 });
  });

  test('a custodian outside of a ceremony’s members cannot start it', async () => {
    const desired = { kind: 'reshare', members: ['AlderMSP', 'BirchMSP'] } as const;
    await expect(asked('DogwoodMSP', desired)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('there is one first key, and nothing to deal anew before it', async () => {
    await expect(asked('AlderMSP', { kind: 'dkg' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(asked('AlderMSP', { kind: 'refresh' }, { active: undefined })).rejects.toMatchObject({
      code: 'CUSTODY_INACTIVE',
    });
  });
});
