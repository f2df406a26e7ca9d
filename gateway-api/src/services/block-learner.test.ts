// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, jest, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { setScene } from '../testing/index.js';
import { BlockLearner } from './block-learner.js';
import { ContentIndex } from './content-index.js';

afterEach(() => {
  jest.restoreAllMocks();
});

test('attack 44: parts that exist nowhere, however many an author’s records name, keep no other author’s waiting', async () => {
  const { birch } = await setScene();
  const { storage, state } = birch.deps;
  let [now, waits] = [0, 0];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  storage.blocksOf = (cid, patienceMs) => {
    if (cid === 'honest' && patienceMs > 0) return Promise.resolve([cid, 'leaf']);
    // As many are waited for beside one another.
    now += patienceMs / 32;
    if (patienceMs > 0) waits += 1;
    return Promise.resolve(null);
  };
  const learner = new BlockLearner({ storage, content: new ContentIndex(state), signal: undefined });
  const parts = Array.from({ length: 250 }, (_, part) => ({ cid: `nowhere ${String(part)}`, blocks: [] }));
  const hostile = { place: { recordId: 'hostile' as RecordId }, author: 'CedarMSP' as MspId };
  for (let piece = 0; piece < 10; piece += 1)
    for (const { blocks } of await learner.learn(hostile, parts)) expect(blocks).toEqual([]);
  expect(now).toBeLessThanOrEqual(20_000);
  expect(waits).toBeLessThan(500);
  const honest = { place: { recordId: 'honest' as RecordId }, author: 'AlderMSP' as MspId };
  const learned = [{ cid: 'honest', blocks: ['honest', 'leaf'] }];
  expect(await learner.learn(honest, [{ cid: 'honest', blocks: [] }])).toEqual(learned);
});
