// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { CID, KuboRPCClient } from 'kubo-rpc-client';
import { KuboPins } from './kubo-pins.js';
import { partDag } from './part-dag.js';
import { randomPart } from './testing/conformance.js';

it('attack 40: the node makes no pin of a part any more once it is known that a block is missing', async () => {
  const { cid, blocks } = partDag(randomPart(3 * 1024 * 1024));
  const [, lost, slow] = blocks;
  const refusal = (message: string) => Object.assign(new Error(message), { name: 'HTTPError' });
  let underWay = 0;
  const add = async (block: CID): Promise<void> => {
    underWay += 1;
    if (block.toString() === slow) await sleepFor(50);
    underWay -= 1;
    if (block.toString() === lost) throw refusal('ipld: could not find the block');
  };
  const ls = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal('the block is not pinned')) }),
  });
  const pins = new KuboPins('', { pin: { add, ls } } as unknown as KuboRPCClient);
  expect(await pins.keep(cid, blocks, new AbortController().signal)).toBe(false);
  expect(underWay).toBe(0);
});
