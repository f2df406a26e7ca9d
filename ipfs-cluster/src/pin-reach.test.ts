// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { describe, expect, it } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { multihashOf } from './cid.js';
import { partDag } from './part-dag.js';
import { PinReach, type PinnedNode } from './pin-reach.js';

const { signal } = new AbortController();
const bytesOf = (seed: number): Uint8Array => new Uint8Array(1024 * 1024 + 1).fill(seed);
const parts = [1, 2, 3].map((seed) => partDag(bytesOf(seed)));
const [one, two, three] = parts;
if (!one || !two || !three) throw new Error('three parts');

/** A node that pins parts, and answers their first blocks from its disk. */
function node(...pinned: typeof parts) {
  const disk = new Map(
    parts.map(({ cid, blocks }) => {
      const Links = blocks.slice(1).map((block) => ({ Name: '', Hash: CID.parse(block), Tsize: 1 }));
      return [cid, dagPb.encode(dagPb.prepare({ Links }))] as const;
    }),
  );
  const pins = new Set(pinned.map(({ cid }) => cid));
  const read: string[] = [];
  const answers: PinnedNode = {
    pins: () => Promise.resolve([...pins]),
    brokenPins: () => Promise.resolve([...pins].filter((cid) => !disk.has(cid))),
    ownBlock: (cid) => {
      read.push(cid);
      return Promise.resolve(disk.get(cid) ?? null);
    },
  };
  return { answers, disk, pins, read };
}

async function reached(reach: PinReach, known?: ReadonlySet<string>) {
  const found = new Map<string, readonly string[] | null>();
  await reach.visit((pin, blocks) => found.set(pin, blocks), signal, known);
  return found;
}

const blocksOf = (part: (typeof parts)[number]) => [part.cid, part.blocks.map(multihashOf)] as const;

describe('what pins reach', () => {
  it('is visited with all of its blocks, and its first block is read once', async () => {
    const { answers, read } = node(one, two);
    const reach = new PinReach(answers);
    for (let round = 0; round < 3; round += 1)
      expect(await reached(reach)).toEqual(new Map([one, two].map(blocksOf)));
    expect(read).toEqual([one.cid, two.cid]);
    expect(await reached(reach, new Set([one.cid]))).toEqual(new Map([blocksOf(two)]));
  });

  it('attack 40: is not told of a pin whose first block went after it was read', async () => {
    const { answers, disk } = node(one, two);
    const reach = new PinReach(answers);
    await reached(reach);
    disk.delete(one.cid);
    expect(await reached(reach)).toEqual(new Map([[one.cid, null], blocksOf(two)]));
  });

  it('is a single block where that names no others, without a read', async () => {
    const small = partDag(new Uint8Array([1, 2, 3]));
    const { answers, read } = node(small);
    const brokenPins = () => Promise.resolve([]);
    expect(await reached(new PinReach({ ...answers, brokenPins }))).toEqual(
      new Map([[small.cid, [multihashOf(small.cid)]]]),
    );
    expect(read).toEqual([]);
  });

  it('attack 44: is remembered up to a bound, and as long as it is pinned', async () => {
    const { answers, pins, read } = node(one, two);
    const reach = new PinReach(answers, 500);
    await reached(reach);
    await reached(reach);
    expect(read).toEqual([one.cid, two.cid, two.cid]);
    pins.delete(one.cid);
    for (let round = 0; round < 2; round += 1) expect(await reached(reach)).toEqual(new Map([blocksOf(two)]));
    expect(read).toEqual([one.cid, two.cid, two.cid, two.cid]);
  });
});
