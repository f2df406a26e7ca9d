// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from './clock.js';
import { partDag } from './part-dag.js';
import { PinIndex } from './pin-index.js';
import { PinReach, type PinnedNode } from './pin-reach.js';
import { allOf } from './testing/all-of.js';
import { VaultError } from './vault-error.js';

const { signal } = new AbortController();
const bytesOf = (seed: number): Uint8Array => new Uint8Array(1024 * 1024 + 1).fill(seed);
const parts = [1, 2, 3].map((seed) => partDag(bytesOf(seed)));
const [one, two, three] = parts;
if (!one || !two || !three) throw new Error('three parts');
const small = partDag(new Uint8Array([1, 2, 3]));

/** A node that pins parts, and answers their first blocks from its disk. */
function node(...pinned: typeof parts) {
  const disk = new Map(parts.map(({ cid, blocks }) => [cid, blocks]));
  const pins = new Set(pinned.map(({ cid }) => cid));
  const former = new Set<string>();
  const read: string[] = [];
  const answers: PinnedNode = {
    list: () => Promise.resolve({ parts: [...pins], former: [...former] }),
    pinAnew: (cid) => Promise.resolve(former.delete(cid)),
    blocksHere: (cid) => {
      read.push(cid);
      return Promise.resolve(disk.get(cid) ?? null);
    },
  };
  return { answers, disk, pins, former, read };
}

describe('what pins reach', () => {
  let folder: string;
  let index: PinIndex;

  const reopen = (): void => {
    index.close();
    index = new PinIndex(join(folder, 'pins.db'));
  };
  const reachOf = (answers: PinnedNode, clock = systemClock): PinReach => new PinReach(answers, index, clock);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pr-'));
    index = new PinIndex(join(folder, 'pins.db'));
  });

  afterEach(async () => {
    index.close();
    await rm(folder, { recursive: true });
  });

  it('is known by block, and each first block is read once, also over a restart', async () => {
    const { answers, read } = node(one, two);
    for (let round = 0; round < 3; round += 1) {
      const reach = reachOf(answers);
      expect(await reach.refresh(signal)).toEqual([]);
      for (const part of [one, two])
        for (const block of part.blocks) expect(await allOf(reach.reaching(block))).toEqual([part.cid]);
      for (const block of three.blocks) expect(await allOf(reach.reaching(block))).toEqual([]);
      reopen();
    }
    expect(read.toSorted()).toEqual([one.cid, two.cid].toSorted());
  });

  it('attack 40: is not known of a pin whose first block is not there, and that pin counts as broken', async () => {
    const { answers, disk } = node(one, two);
    disk.delete(one.cid);
    const reach = reachOf(answers);
    for (let round = 0; round < 2; round += 1) expect(await reach.refresh(signal)).toEqual([one.cid]);
    expect(await allOf(reach.reaching(two.cid))).toEqual([two.cid]);
  });

  it('is a single block where that names no others, without a read', async () => {
    const { answers, read } = node(small);
    const reach = reachOf(answers);
    await reach.refresh(signal);
    expect(await allOf(reach.reaching(small.cid))).toEqual([small.cid]);
    expect(read).toEqual([]);
  });

  it('is known of a pin that is made while the pins are listed, and forgotten when it is not pinned any more', async () => {
    const { answers, pins, read } = node(one);
    const reach = reachOf({
      ...answers,
      list: async (within) => {
        const listed = await answers.list(within);
        reach.made(two.cid, two.blocks);
        return listed;
      },
    });
    await reach.refresh(signal);
    expect(await allOf(reach.reaching(two.cid))).toEqual([two.cid]);
    pins.delete(one.cid);
    const later = reachOf(answers);
    await later.refresh(signal);
    for (const { cid } of [one, two]) expect(await allOf(later.reaching(cid))).toEqual([]);
    expect(read).toEqual([one.cid]);
  });

  it('attack 44: what pins reach is read in the background where that takes long; callers are refused meanwhile, and a restart continues it', async () => {
    const { answers, read } = node(one, two, three);
    const may = Promise.withResolvers<undefined>();
    let nowMs = 0;
    const clock = { ...systemClock, now: () => nowMs, timeout: () => systemClock.timeout(20) };
    let lists = 0;
    const slow: PinnedNode = {
      ...answers,
      list: (within) => {
        lists += 1;
        return answers.list(within);
      },
      blocksHere: async (...asked) => {
        await may.promise;
        return answers.blocksHere(...asked);
      },
    };
    const reach = reachOf(slow, clock);
    await expect(reach.ready(signal)).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
    nowMs = 10_000;
    await expect(reach.ready(signal)).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
    expect(lists).toBe(1);
    may.resolve(undefined);
    expect(await reach.refresh(signal)).toEqual([]);
    await reach.ready(signal);
    expect(lists).toBe(1);
    await reach.close();
    reopen();
    await reachOf(answers).refresh(signal);
    expect(read).toHaveLength(3);
  });

  it('attack 44: is one pin for each block where a former version made one for all; what lacks a block counts as broken', async () => {
    const { answers, former } = node(one, two);
    const anew = new Map<string, readonly string[]>();
    const reach = reachOf({
      ...answers,
      pinAnew: (cid, blocks) => {
        anew.set(cid, blocks);
        return cid === two.cid ? Promise.resolve(false) : answers.pinAnew(cid, blocks, signal);
      },
    });
    await reach.refresh(signal);
    for (const { cid } of [one, two]) former.add(cid);
    expect(await reach.refresh(signal)).toEqual([two.cid]);
    expect([...anew]).toEqual([one, two].map(({ cid, blocks }) => [cid, blocks]));
    expect([...former]).toEqual([two.cid]);
    expect(await allOf(reach.reaching(one.cid))).toEqual([one.cid]);
    expect(await allOf(reach.reaching(two.cid))).toEqual([]);
  });

  it('attack 44: what the other pins reach is known although the node does not replace a former pin in time', async () => {
    const { answers, former } = node(one, two);
    former.add(one.cid);
    const reach = reachOf({ ...answers, pinAnew: () => Promise.reject(new VaultError('VAULT_TIMEOUT')) });
    await reach.ready(signal);
    for (const part of [one, two]) expect(await allOf(reach.reaching(part.cid))).toEqual([part.cid]);
  });

  it('attack 40: is kept of a pin that is made whole while the node still answers that its first block is missing', async () => {
    const { answers, former } = node(one, two);
    former.add(one.cid);
    const reach = reachOf({
      ...answers,
      blocksHere: (cid, within) => {
        if (cid !== one.cid) return answers.blocksHere(cid, within);
        reach.made(one.cid, one.blocks);
        return Promise.resolve(null);
      },
    });
    await reach.ready(signal);
    for (const block of one.blocks) expect(await allOf(reach.reaching(block))).toEqual([one.cid]);
  });

  it('is not read on after the node is closed', async () => {
    const { answers } = node(one, two);
    const reach = reachOf({
      ...answers,
      blocksHere: (_, within) =>
        new Promise((_resolve, reject) => {
          within.addEventListener('abort', () => {
            reject(within.reason as Error);
          });
        }),
    });
    const refreshed = reach.refresh(signal);
    const refused = expect(refreshed).rejects.toThrow();
    await systemClock.sleep(10, signal);
    await reach.close();
    await refused;
  });
});
