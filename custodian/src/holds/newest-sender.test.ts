// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from '@jest/globals';
import { mspId } from '@tutela/chaincode/domain';
import { Signal, waitUntil } from '../freshness/wait-until.js';
import { HospitalQueues } from './hospital-queues.js';
import { NewestSender } from './newest-sender.js';

const queues = new HospitalQueues();
const silent = (): void => undefined;
afterEach(() => {
  queues.stop();
});

test('attack 44: many holds of one hospital, and a custodian that does not answer, delay the sending of no other hospital’s hold', async () => {
  const asked: string[] = [];
  const changed = new Signal();
  const parts = {
    log: { info: silent, warn: silent, error: silent },
    client: {
      get: () => Promise.resolve({}),
      post: ({ mspId: to }: { mspId: string }, _: string, signed: object) => {
        const { of } = signed as { of: string };
        asked.push(`${of} to ${to}`);
        changed.notify();
        return to === 'CedarMSP' || of === 'AlderMSP' ? new Promise(silent) : Promise.resolve({});
      },
      close: () => Promise.resolve(),
    },
    others: () =>
      ['CedarMSP', 'DogwoodMSP'].map((of) => ({ mspId: mspId(of, 'test'), url: `https://${of}` })),
  };
  const send = (hospital: string, count: number): void => {
    for (let at = 0; at < count; at += 1)
      new NewestSender(parts, queues, { v: 1, since: 0, hospital, signed: { of: hospital } }).send();
  };
  send('AlderMSP', 20);
  send('BirchMSP', 6);
  const countOf = (line: string): number => asked.filter((one) => one === line).length;
  expect(await waitUntil(() => countOf('BirchMSP to DogwoodMSP') === 6, changed.changes, 10_000)).toBe(true);
  const stuck = ['AlderMSP to CedarMSP', 'AlderMSP to DogwoodMSP', 'BirchMSP to CedarMSP'];
  expect(stuck.map(countOf)).toEqual([4, 4, 4]);
});
