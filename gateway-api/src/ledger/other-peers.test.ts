// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import { pino } from 'pino';
import type { Ledger } from './ledger.js';
import { OtherPeers } from './other-peers.js';

const ALL = [
  'AlderMSP',
  'BirchMSP',
  'CedarMSP',
  'MapleMSP',
  'OakMSP',
] as readonly string[] as readonly MspId[];

function others(threshold: number | undefined): OtherPeers {
  const askOwnPeer = (name: string): Promise<unknown> => {
    if (name === 'registry:ListHospitals')
      return Promise.resolve({ hospitals: ALL.map((mspId) => ({ mspId })) });
    return threshold === undefined
      ? Promise.reject(new DomainError('CUSTODY_INACTIVE', 'no key yet'))
      : Promise.resolve({ threshold });
  };
  const ledger = { askOwnPeer: askOwnPeer as Ledger['askOwnPeer'] };
  return new OtherPeers(
    { mspId: 'AlderMSP' as MspId, log: pino({ level: 'silent' }), nowMs: () => 0 },
    ledger,
  );
}

const say =
  (answers: Readonly<Record<string, string>>) =>
  (mspId: MspId): Promise<string | undefined> =>
    Promise.resolve(answers[mspId]);
const itself = (answer: string | undefined): string | undefined => answer;

describe('attack 8: what other hospitals say while the own peer says nothing', () => {
  test('counts when as many agree as open a record, and not before', async () => {
    const three = others(3);
    expect(await three.mspIds()).toEqual(ALL.slice(1));
    const liars = { MapleMSP: 'false', OakMSP: 'false' };
    expect(await three.agree(say({ ...liars, BirchMSP: 'true' }), itself)).toBeUndefined();
    expect(await three.agree(say({ ...liars, BirchMSP: 'true', CedarMSP: 'true' }), itself)).toBeUndefined();
    const honest = { BirchMSP: 'true', CedarMSP: 'true', MapleMSP: 'true', OakMSP: 'false' };
    expect(await three.agree(say(honest), itself)).toBe('true');
  });

  test('is no answer where several know nothing, before the own peer has named them, or before there is a threshold', async () => {
    const two = others(2);
    const lie = say({ MapleMSP: 'false', OakMSP: 'false' });
    expect(await two.agree(lie, itself)).toBeUndefined();
    await two.mspIds();
    expect(await two.agree(say({}), itself)).toBeUndefined();
    const without = others(undefined);
    await without.mspIds();
    expect(await without.agree(lie, itself)).toBeUndefined();
  });
});
