// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CID } from 'multiformats/cid';
import { openSwarmVault } from './swarm-vault.js';
import { randomPart } from './testing/conformance.js';
import { block, blocks, FakeNodes, fileOf, leaves, lost, naming } from './testing/fake-nodes.js';
import { waitUntil } from './testing/wait-until.js';
import type { Vault } from './vault.js';

const MIB = 1024 * 1024;

describe('a vault that reads a part', () => {
  let nodes: FakeNodes;
  let vault: Vault;

  beforeEach(async () => {
    nodes = await FakeNodes.start();
    vault = openSwarmVault(nodes.settings());
  });

  afterEach(async () => {
    await vault.close();
    await nodes.close();
  });

  const whole = { cid: block(randomPart(MIB)), length: MIB };
  const end = { cid: block(randomPart(10)), length: 10 };
  const SIZE = MIB + 10;

  it('reads a part of several blocks, also where they are the same', async () => {
    const part = fileOf([whole, whole, end]).toString();
    const bytes = [whole, whole, end].map(({ cid }) => blocks.get(cid.toString()) ?? Buffer.of());
    const read = await vault.getPart(part, 2 * MIB + 10);
    expect(Buffer.compare(read, Buffer.concat(bytes))).toBe(0);
  });

  it.each<[string, () => CID, number, string, number]>([
    ['more blocks than it has bytes for', () => fileOf([whole, end]), 1_000, 'PART_INCOMPLETE', 0],
    ['more blocks than any part has', () => naming(...leaves(18)), SIZE, 'BAD_CID', 1],
    [
      'more blocks than a part of its size has',
      () => fileOf([whole, whole, end]),
      SIZE,
      'PART_INCOMPLETE',
      1,
    ],
    ['fewer blocks than a part of its size has', () => fileOf([whole]), SIZE, 'PART_INCOMPLETE', 1],
    ['blocks of another size', () => fileOf([whole, { ...end, length: 11 }]), SIZE, 'PART_INCOMPLETE', 1],
    ['blocks that name further ones', () => naming(naming(whole.cid), end.cid), SIZE, 'BAD_CID', 1],
    [
      'a first block that is longer than it need be',
      () => fileOf([whole, end], 99),
      SIZE,
      'PART_INCOMPLETE',
      1,
    ],
    ['a first block as long as any', () => block(new Uint8Array(2 * MIB), dagPb.code), SIZE, 'BAD_CID', 1],
  ])('attack 44: a reader fetches nothing of a part with %s', async (_, first, size, code, fetched) => {
    await expect(vault.getPart(first().toString(), size)).rejects.toMatchObject({ code });
    expect(new Set(nodes.asked)).toEqual(new Set(fetched === 0 ? [] : ['/api/v0/block/get']));
    // It may be asked for again, for an answer can be cut short.
    expect(new Set(nodes.blocksAsked).size).toBe(fetched);
  });

  it('attack 44: a reader takes no block for one of a part that is longer than the part says', async () => {
    const long = block(randomPart(2 * MIB));
    const lying = fileOf([whole, { cid: long, length: 10 }]).toString();
    await expect(vault.getPart(lying, SIZE)).rejects.toMatchObject({ code: 'PART_INCOMPLETE' });
    await expect(vault.getPart(long.toString(), 1_000)).rejects.toMatchObject({ code: 'PART_INCOMPLETE' });
  });

  it('attack 44: a reader looks for no other block of a part once one of them is none of it', async () => {
    const long = block(randomPart(20));
    const lying = fileOf([
      { cid: lost('another'), length: MIB },
      { cid: long, length: 10 },
    ]).toString();
    await expect(vault.getPart(lying, SIZE)).rejects.toMatchObject({ code: 'PART_INCOMPLETE' });
    await waitUntil(() => nodes.waiting === 0);
  });
});
