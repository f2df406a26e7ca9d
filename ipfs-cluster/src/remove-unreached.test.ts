// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { isEverywhere, multihashOf } from './cid.js';
import { systemClock } from './clock.js';
import { partDag } from './part-dag.js';
import { PinGate } from './pin-gate.js';
import { PinIndex } from './pin-index.js';
import { PinReach } from './pin-reach.js';
import { removeUnreached, takeOffUnlessWhole, type Going, type RemovalNode } from './remove-unreached.js';
import { allOf } from './testing/all-of.js';
import { withOtherCodec } from './testing/with-other-codec.js';
import { VaultError } from './vault-error.js';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const victim = partDag(new Uint8Array(2 * MIB).fill(7));
const loose = partDag(new Uint8Array(100).fill(9));

interface Pinned {
  readonly pin: string;
  readonly blocks: readonly string[];
}
const VICTIM: Pinned = { pin: victim.cid, blocks: victim.blocks };

/** As Kubo: blocks lie by multihash, and a removal spares what a pin has by the whole identifier. */
function kubo(blocks: readonly string[], ...pinned: readonly Pinned[]) {
  const disk = new Set(blocks.map(multihashOf));
  const pins = new Map(pinned.map((one) => [one.pin, one.blocks]));
  const asked: string[] = [];
  const gate = new PinGate();
  const reach = new PinReach(
    {
      list: () => Promise.resolve({ parts: [...pins.keys()], former: [] }),
      pinAnew: () => Promise.resolve(true),
      blocksHere: (cid) => Promise.resolve(disk.has(multihashOf(cid)) ? (pins.get(cid) ?? [cid]) : null),
    },
    new PinIndex(':memory:'),
    systemClock,
  );
  const remove = (pin: string) => {
    pins.delete(pin);
    reach.forget(pin);
    return Promise.resolve();
  };
  const node: RemovalNode = {
    hasBlock: (cid) => Promise.resolve(disk.has(multihashOf(cid))),
    reach,
    removeBlocks: (cids) => {
      asked.push('removeBlocks');
      for (const cid of cids) if (!pins.has(cid)) disk.delete(isEverywhere(cid) ? '' : multihashOf(cid));
      return Promise.resolve();
    },
    removePin: remove,
    takeOff: remove,
    timeout: (ms) => systemClock.timeout(ms),
    alone: (work, _, within) =>
      gate.removing(async () => {
        asked.push('alone');
        const found = await work(within);
        asked.push('beside others');
        return found;
      }, within),
  };
  return { node, disk, pins, asked };
}

function reachOf({ reach }: Pick<RemovalNode, 'reach'>): RemovalNode['reach'] {
  return {
    ready: reach.ready.bind(reach),
    refresh: reach.refresh.bind(reach),
    reaching: reach.reaching.bind(reach),
    isReached: reach.isReached.bind(reach),
    blocksOf: reach.blocksOf.bind(reach),
  };
}

function going(blocks: readonly string[], spares?: Going['spares']): Going {
  return { blocks, spares: spares ?? (() => true) };
}

describe('attack 40: the removal of a block that a pin reaches under another codec', () => {
  it('removes neither the root nor a leaf of it, and all other named blocks', async () => {
    const { node, disk } = kubo([...victim.blocks, ...loose.blocks], VICTIM);
    const spelt = victim.blocks.map(withOtherCodec);
    const outcome = await removeUnreached(node, going([...spelt, ...loose.blocks]), signal);
    expect(outcome).toEqual({ removed: loose.blocks, present: spelt });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('removes a block that no pin reaches, under either codec', async () => {
    for (const cid of [loose.cid, withOtherCodec(loose.cid)]) {
      const { node, disk } = kubo(loose.blocks);
      expect(await removeUnreached(node, going([cid]), signal)).toEqual({ removed: [cid], present: [] });
      expect(disk.size).toBe(0);
    }
  });

  it('a removal counts no block that lies in its own identifier: every node always has it', async () => {
    const inline = CID.createV1(raw.code, createDigest(0, Buffer.from('a few bytes'))).toString();
    const { node } = kubo([...loose.blocks, inline]);
    expect(await removeUnreached(node, going([inline, ...loose.blocks]), signal)).toEqual({
      removed: loose.blocks,
      present: [],
    });
  });

  it('removes no empty directory: a node does not start without it', async () => {
    const empty = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    const { node, disk } = kubo([...loose.blocks, empty]);
    const outcome = await removeUnreached(node, going([empty, ...loose.blocks]), signal);
    expect(outcome).toEqual({ removed: loose.blocks, present: [] });
    expect(disk.has(multihashOf(empty))).toBe(true);
  });

  it('removes nothing while the node cannot list what its pins reach', async () => {
    const { node, disk } = kubo(loose.blocks);
    const reach = { ...reachOf(node), ready: () => Promise.reject(new VaultError('VAULT_REFUSED')) };
    const removal = removeUnreached({ ...node, reach }, going(loose.blocks), signal);
    await expect(removal).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    expect(disk.size).toBe(1);
  });
});

describe('many removals at one time', () => {
  const parts = Array.from({ length: 100 }, (_, index) => partDag(new Uint8Array([index, 1, 2])));

  it('each remove what is theirs', async () => {
    const { node, disk } = kubo([...victim.blocks, ...parts.flatMap(({ blocks }) => blocks)], VICTIM);
    const spelt = victim.blocks.map(withOtherCodec);
    const spared = removeUnreached(node, going(spelt), signal);
    const found = await Promise.all(parts.map(({ blocks }) => removeUnreached(node, going(blocks), signal)));
    expect(found).toEqual(parts.map(({ blocks }) => ({ removed: blocks, present: [] })));
    expect(await spared).toEqual({ removed: [], present: spelt });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('attack 44: removals wait for no look-up of another one whose blocks the node does not answer for', async () => {
    const { node } = kubo([...victim.blocks, ...loose.blocks]);
    const hanging: RemovalNode = {
      ...node,
      hasBlock: (cid, within) =>
        victim.blocks.includes(cid) ? new Promise(() => undefined) : node.hasBlock(cid, within),
    };
    void removeUnreached(hanging, going(victim.blocks), signal);
    const outcome = await removeUnreached(hanging, going(loose.blocks), signal);
    expect(outcome).toEqual({ removed: loose.blocks, present: [] });
  });

  it.each(['hasBlock', 'removeBlocks'] as const)(
    'of several removals only the one fails whose blocks the node refuses at %s',
    async (call) => {
      const [first = [], bad = [], last = []] = parts.slice(0, 3).map(({ blocks }) => blocks);
      const { node } = kubo([...first, ...bad, ...last]);
      const refusing = (blocks: string & readonly string[]) =>
        blocks.includes(bad[0] ?? '')
          ? Promise.reject(new VaultError('VAULT_REFUSED'))
          : node[call](blocks, signal);
      const found = await Promise.allSettled(
        [first, bad, last].map((blocks) =>
          removeUnreached({ ...node, [call]: refusing }, going(blocks), signal),
        ),
      );
      expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(found[2]).toMatchObject({ value: { removed: last, present: [] } });
    },
  );
});

describe('pins that reach what is to go', () => {
  it('attack 40: one whose first block is not there stops no removal', async () => {
    const broken = partDag(new Uint8Array(3 * MIB).fill(8));
    const { node, disk } = kubo([...victim.blocks, ...loose.blocks], VICTIM, {
      pin: broken.cid,
      blocks: broken.blocks,
    });
    const outcome = await removeUnreached(node, going(loose.blocks), signal);
    expect(outcome).toEqual({ removed: loose.blocks, present: [] });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('attack 40: that lack a block are taken off, and none that was made whole meanwhile', async () => {
    const lost = { pin: loose.cid, blocks: loose.blocks };
    const { node, pins } = kubo(victim.blocks, VICTIM, lost);
    await takeOffUnlessWhole(node, [victim.cid, loose.cid], signal);
    expect([...pins.keys()]).toEqual([victim.cid]);
  });

  it('attack 40: are taken off where they are not spared, and no other pin is', async () => {
    const [, leaf = ''] = victim.blocks;
    const copy = { pin: leaf, blocks: [leaf] };
    const other = { pin: loose.cid, blocks: loose.blocks };
    const { node, disk, pins } = kubo([...victim.blocks, ...loose.blocks], VICTIM, copy, other);
    const outcome = await removeUnreached(
      node,
      going(victim.blocks, () => false),
      signal,
    );
    expect(outcome).toEqual({ removed: victim.blocks, present: [] });
    expect([...disk]).toEqual(loose.blocks.map(multihashOf));
    expect([...pins.keys()]).toEqual([loose.cid]);
  });

  it('attack 44: pins that reach what is to go are taken off once, however many there are and however often it is tried', async () => {
    const [leaf = ''] = loose.blocks;
    const many = Array.from({ length: 300 }, (_, index) => {
      const pin = withOtherCodec(partDag(new Uint8Array([index % 256, index >> 8, 3])).cid);
      return { pin, blocks: [pin, leaf] };
    });
    const { node, disk } = kubo([...loose.blocks, ...many.map(({ pin }) => pin)], ...many);
    let takenOff = 0;
    // A turn has time for a hundred of them.
    const alone: RemovalNode['alone'] = async (work, _, within) => {
      takenOff = 0;
      return work(within);
    };
    const takeOff: RemovalNode['takeOff'] = async (pin, within) => {
      takenOff += 1;
      if (takenOff > 100) throw new VaultError('VAULT_TIMEOUT');
      await node.takeOff(pin, within);
    };
    for (const round of [1, 2, 3]) {
      expect(disk.has(multihashOf(leaf))).toBe(true);
      await removeUnreached(
        { ...node, alone, takeOff },
        going([leaf], () => false),
        signal,
      );
      expect(await allOf(node.reach.reaching(leaf))).toHaveLength(300 - 100 * round);
    }
    expect(disk.has(multihashOf(leaf))).toBe(false);
  });

  it('attack 44: pins of a block are looked at up to the first that is spared, however many there are', async () => {
    const [leaf = ''] = loose.blocks;
    const many = Array.from({ length: 1_000 }, (_, index) => {
      const pin = withOtherCodec(partDag(new Uint8Array([index % 256, index >> 8, 4])).cid);
      return { pin, blocks: [pin, leaf] };
    });
    const { node, pins } = kubo([...loose.blocks, ...many.map(({ pin }) => pin)], ...many);
    let looks = 0;
    const spares = (): boolean => {
      looks += 1;
      return true;
    };
    expect(await removeUnreached(node, going([leaf], spares), signal)).toEqual({
      removed: [],
      present: [leaf],
    });
    expect([looks, pins.size]).toEqual([1, 1_000]);
  });

  it('attack 44: pins of a block are looked at a page at a time, and others have a turn between', async () => {
    const [leaf = ''] = loose.blocks;
    const many = Array.from({ length: 1_000 }, (_, index) => {
      const pin = withOtherCodec(partDag(new Uint8Array([index % 256, index >> 8, 5])).cid);
      return { pin, blocks: [pin, leaf] };
    });
    const { node } = kubo([...loose.blocks, ...many.map(({ pin }) => pin)], ...many);
    await node.reach.ready(signal);
    let rounds = 0;
    const count = (): void => {
      rounds += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await allOf(node.reach.reaching(leaf));
    clearImmediate(next);
    expect(rounds).toBeGreaterThan(1);
  });

  it('a block stays while a spared pin reaches it, also while the node does not know that pin', async () => {
    const [, leaf = ''] = victim.blocks;
    const { node, disk, pins } = kubo(victim.blocks, VICTIM, { pin: leaf, blocks: [leaf] });
    await node.reach.ready(signal);
    pins.delete(leaf);
    const spares = (pin: string): boolean => pin === leaf;
    const outcome = await removeUnreached(node, going(victim.blocks, spares), signal);
    expect(outcome).toMatchObject({ present: [leaf] });
    expect([...disk]).toEqual([multihashOf(leaf)]);
  });
});

describe('a removal of what is partly here', () => {
  it('says before it begins what is here, and at its end what went', async () => {
    const { node } = kubo(loose.blocks);
    const found: string[] = [];
    const all = {
      ...going([...victim.blocks, ...loose.blocks]),
      found: (here: readonly string[]) => found.push(...here),
    };
    expect(await removeUnreached(node, all, signal)).toEqual({ removed: loose.blocks, present: [] });
    expect(found).toEqual(loose.blocks);
  });
});

describe('a removal beside other work of the node', () => {
  it('attack 44: has others wait for the removal of the blocks alone', async () => {
    const { node, asked } = kubo([...victim.blocks, ...loose.blocks], VICTIM);
    const ready: RemovalNode['reach']['ready'] = (within) => {
      asked.push('ready');
      return node.reach.ready(within);
    };
    const blocks = [...loose.blocks, ...victim.blocks];
    await removeUnreached({ ...node, reach: { ...reachOf(node), ready } }, going(blocks), signal);
    expect(asked).toEqual(['ready', 'alone', 'removeBlocks', 'beside others']);
  });

  it('a removal lets others have a turn after a few blocks, and what went counts when its time is over', async () => {
    const many = Array.from({ length: 40 }, (_, index) => partDag(new Uint8Array([index, 3, 4])).cid);
    const { node, disk } = kubo(many);
    const turns: number[] = [];
    const end = new AbortController();
    const removeBlocks: RemovalNode['removeBlocks'] = async (blocks, within) => {
      turns.push(blocks.length);
      await node.removeBlocks(blocks, within);
      if (turns.length === 2) end.abort();
    };
    const slow = { ...node, removeBlocks, timeout: () => end.signal };
    expect(await removeUnreached(slow, going(many), signal)).toEqual({
      removed: many.slice(0, 32),
      present: many.slice(32),
    });
    expect(await removeUnreached(slow, going(many), signal)).toEqual({
      removed: [],
      present: many.slice(32),
    });
    await removeUnreached(node, going(many), signal);
    expect(disk.size).toBe(0);
  });

  it('ends with a turn that the node does not answer in time, and says what went', async () => {
    const many = Array.from({ length: 40 }, (_, index) => partDag(new Uint8Array([index, 5, 6])).cid);
    const { node } = kubo(many);
    let turns = 0;
    const removeBlocks: RemovalNode['removeBlocks'] = (...asked) => {
      turns += 1;
      return turns === 2 ? Promise.reject(new VaultError('VAULT_TIMEOUT')) : node.removeBlocks(...asked);
    };
    expect(await removeUnreached({ ...node, removeBlocks }, going(many), signal)).toEqual({
      removed: many.slice(0, 16),
      present: many.slice(16),
    });
    expect(turns).toBe(2);
  });
});
