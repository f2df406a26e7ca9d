// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { describe, expect, it } from '@jest/globals';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { isInline, multihashOf } from './cid.js';
import { systemClock } from './clock.js';
import { partDag } from './part-dag.js';
import { PinIndex } from './pin-index.js';
import { PinReach, type PinnedNode } from './pin-reach.js';
import {
  Removals,
  removeUnreached,
  takeOffUnlessWhole,
  type BlockRemoval,
  type Going,
  type RemovalNode,
} from './remove-unreached.js';
import { withOtherCodec } from './testing/with-other-codec.js';
import { VaultError } from './vault-error.js';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const victim = partDag(new Uint8Array(2 * MIB).fill(7));
const loose = partDag(new Uint8Array(100).fill(9));

interface Pinned {
  readonly pin: string;
  /** Null where its first block is not there. */
  readonly blocks: readonly string[] | null;
}
const VICTIM: Pinned = { pin: victim.cid, blocks: victim.blocks };

/** As Kubo: blocks lie by multihash, and a removal spares what a pin has by the whole identifier. */
function kubo(blocks: readonly string[], ...pinned: readonly Pinned[]) {
  const disk = new Set(blocks.map(multihashOf));
  const pins = new Map(pinned.map((one) => [one.pin, one.blocks]));
  let lists = 0;
  const asked: string[] = [];
  const remove = (pin: string) => {
    pins.delete(pin);
    return Promise.resolve();
  };
  const isBroken = (pin: string): boolean => pins.get(pin) === null || !disk.has(multihashOf(pin));
  const first = (pin: string): Uint8Array | null => {
    if (isBroken(pin)) return null;
    const Links = pins.get(pin)?.slice(1) ?? [];
    return dagPb.encode(
      dagPb.prepare({ Links: Links.map((link) => ({ Name: '', Hash: CID.parse(link), Tsize: 1 })) }),
    );
  };
  const answers: PinnedNode = {
    list: () => {
      lists += 1;
      return Promise.resolve({ parts: [...pins.keys()], former: [] });
    },
    pinAnew: () => Promise.resolve(true),
    ownBlock: (cid) => Promise.resolve(first(cid)),
  };
  const node: RemovalNode = {
    hasBlock: (cid) => Promise.resolve(disk.has(multihashOf(cid))),
    reach: new PinReach(answers, new PinIndex(':memory:'), systemClock),
    removeBlocks: (cids) => {
      asked.push('removeBlocks');
      for (const cid of cids) if (!pins.has(cid)) disk.delete(isInline(cid) ? '' : multihashOf(cid));
      return Promise.resolve();
    },
    pins: { isPart: (pin) => Promise.resolve(pins.has(pin)), remove },
    takeOff: remove,
    timeout: (ms) => systemClock.timeout(ms),
    alone: async (work, _, within) => {
      asked.push('alone');
      const found = await work(within);
      asked.push('beside others');
      return found;
    },
  };
  return { node, disk, pins, asked, lists: () => lists };
}

function reachOf({ reach }: Pick<RemovalNode, 'reach'>): RemovalNode['reach'] {
  return {
    ready: reach.ready.bind(reach),
    forget: reach.forget.bind(reach),
    reaching: reach.reaching.bind(reach),
    blocksOf: reach.blocksOf.bind(reach),
  };
}

function going(blocks: readonly string[], spares?: Going['spares']): Going {
  return { blocks, spares: spares ?? (() => true) };
}

function fulfilled(value: BlockRemoval) {
  return { status: 'fulfilled', value };
}

describe('attack 40: the removal of a block that a pin reaches under another codec', () => {
  it('removes neither the root nor a leaf of it, and all other named blocks', async () => {
    const { node, disk } = kubo([...victim.blocks, ...loose.blocks], VICTIM);
    const spelt = victim.blocks.map(withOtherCodec);
    const outcomes = await removeUnreached(node, [going([...spelt, ...loose.blocks])], signal);
    expect(outcomes).toEqual([fulfilled({ removed: loose.blocks, present: spelt })]);
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('removes a block that no pin reaches, under either codec', async () => {
    for (const cid of [loose.cid, withOtherCodec(loose.cid)]) {
      const { node, disk } = kubo(loose.blocks);
      expect(await removeUnreached(node, [going([cid])], signal)).toEqual([
        fulfilled({ removed: [cid], present: [] }),
      ]);
      expect(disk.size).toBe(0);
    }
  });

  it('counts no block that lies in its own identifier: every node has that always', async () => {
    const inline = CID.createV1(raw.code, createDigest(0, Buffer.from('a few bytes'))).toString();
    const { node } = kubo([...loose.blocks, inline]);
    expect(await removeUnreached(node, [going([inline, ...loose.blocks])], signal)).toEqual([
      fulfilled({ removed: loose.blocks, present: [] }),
    ]);
  });

  it('removes nothing while the node cannot list what its pins reach', async () => {
    const { node, disk } = kubo(loose.blocks);
    const reach = { ...reachOf(node), ready: () => Promise.reject(new VaultError('VAULT_REFUSED')) };
    const removal = removeUnreached({ ...node, reach }, [going(loose.blocks)], signal);
    await expect(removal).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    expect(disk.size).toBe(1);
  });
});

describe('many removals at one time', () => {
  const parts = Array.from({ length: 100 }, (_, index) => partDag(new Uint8Array([index, 1, 2])));

  function counting(reach?: RemovalNode['reach']) {
    const { node, ...seen } = kubo([...victim.blocks, ...parts.flatMap((part) => part.blocks)], VICTIM);
    const removals = new Removals((all) =>
      removeUnreached({ ...node, reach: reach ?? node.reach }, all, signal),
    );
    return { removals, reach: node.reach, ...seen };
  }

  it('attack 44: list what the pins reach once for all, and tell each what went', async () => {
    const { removals, disk, lists } = counting();
    const spared = removals.remove(going(victim.blocks.map(withOtherCodec)), signal);
    const found = await Promise.all(parts.map(({ blocks }) => removals.remove(going(blocks), signal)));
    expect(found).toEqual(parts.map(({ blocks }) => ({ removed: blocks, present: [] })));
    expect(await spared).toEqual({ removed: [], present: victim.blocks.map(withOtherCodec) });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
    expect(lists()).toBe(1);
  });

  it('remove nothing while the pins cannot be listed, and go on once they can', async () => {
    let isDown = true;
    const up = counting();
    const { removals, disk } = counting({
      ...reachOf(up),
      ready: (...asked) =>
        isDown ? Promise.reject(new VaultError('VAULT_REFUSED')) : up.reach.ready(...asked),
    });
    const before = disk.size;
    const failed = await Promise.allSettled(
      parts.map(({ blocks }) => removals.remove(going(blocks), signal)),
    );
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
    expect(disk.size).toBe(before);
    isDown = false;
    expect(await removals.remove(going(loose.blocks), signal)).toEqual({ removed: [], present: [] });
    expect((await removals.remove(going(parts[0]?.blocks ?? []), signal)).removed).toHaveLength(1);
  });

  it.each(['hasBlock', 'removeBlocks'] as const)(
    'fail for the one whose blocks the node refuses at %s, and for no other',
    async (call) => {
      const [first, bad, last] = parts.slice(0, 3).map(({ blocks }) => blocks);
      if (first === undefined || bad === undefined || last === undefined) throw new Error('three parts');
      const { node } = kubo([...first, ...bad, ...last]);
      const refusing = (blocks: string & readonly string[]) =>
        blocks.includes(bad[0] ?? '')
          ? Promise.reject(new VaultError('VAULT_REFUSED'))
          : node[call](blocks, signal);
      const removals = new Removals((all) => removeUnreached({ ...node, [call]: refusing }, all, signal));
      const found = await Promise.allSettled(
        [first, bad, last].map((blocks) => removals.remove(going(blocks), signal)),
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
      blocks: null,
    });
    const outcomes = await removeUnreached(node, [going(loose.blocks)], signal);
    expect(outcomes).toEqual([fulfilled({ removed: loose.blocks, present: [] })]);
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('attack 40: that lack a block are taken off, and none that was made whole meanwhile', async () => {
    const lost = { pin: loose.cid, blocks: loose.blocks };
    const { node, pins } = kubo(victim.blocks, VICTIM, lost);
    await takeOffUnlessWhole(node, [victim.cid, loose.cid], signal);
    expect([...pins.keys()]).toEqual([victim.cid]);
  });

  it('keep nothing once another process has removed them', async () => {
    const { node, disk, pins } = kubo([...victim.blocks, ...loose.blocks], VICTIM);
    await node.reach.ready(signal);
    pins.delete(victim.cid);
    const outcomes = await removeUnreached(node, [going(victim.blocks)], signal);
    expect(outcomes).toEqual([fulfilled({ removed: victim.blocks, present: [] })]);
    expect([...disk]).toEqual(loose.blocks.map(multihashOf));
  });

  it('attack 40: are taken off where they are not spared, and no other pin is', async () => {
    const [, leaf = ''] = victim.blocks;
    const copy = { pin: leaf, blocks: [leaf] };
    const other = { pin: loose.cid, blocks: loose.blocks };
    const { node, disk, pins } = kubo([...victim.blocks, ...loose.blocks], copy, other);
    const outcomes = await removeUnreached(node, [going(victim.blocks, () => false)], signal);
    expect(outcomes).toEqual([fulfilled({ removed: victim.blocks, present: [] })]);
    expect([...disk]).toEqual(loose.blocks.map(multihashOf));
    expect([...pins.keys()]).toEqual([loose.cid]);
  });

  it('keep it where one of them is spared', async () => {
    const [, leaf = ''] = victim.blocks;
    const { node, disk, pins } = kubo(victim.blocks, VICTIM, { pin: leaf, blocks: [leaf] });
    const spares = (pin: string): boolean => pin === leaf;
    const [outcome] = await removeUnreached(node, [going(victim.blocks, spares)], signal);
    expect(outcome).toMatchObject({ value: { present: [leaf] } });
    expect([...disk]).toEqual([multihashOf(leaf)]);
    expect([...pins.keys()]).toEqual([leaf]);
  });
});

describe('a removal of what is partly here', () => {
  it('says before it begins what is here, and at its end what went', async () => {
    const { node } = kubo(loose.blocks);
    const found: string[] = [];
    const all = [
      {
        ...going([...victim.blocks, ...loose.blocks]),
        found: (here: readonly string[]) => found.push(...here),
      },
    ];
    const outcomes = await removeUnreached(node, all, signal);
    expect(outcomes).toEqual([fulfilled({ removed: loose.blocks, present: [] })]);
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
    await removeUnreached(
      { ...node, reach: { ...reachOf(node), ready } },
      [going([...loose.blocks, ...victim.blocks])],
      signal,
    );
    expect(asked).toEqual(['ready', 'alone', 'removeBlocks', 'beside others']);
  });

  it('has others have a turn after a few blocks, and what went counts when its time is over', async () => {
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
    expect(await removeUnreached(slow, [going(many)], signal)).toEqual([
      fulfilled({ removed: many.slice(0, 32), present: many.slice(32) }),
    ]);
    expect(await removeUnreached(slow, [going(many)], signal)).toEqual([
      fulfilled({ removed: [], present: many.slice(32) }),
    ]);
    expect(await removeUnreached(node, [going(many)], signal)).toMatchObject([{ status: 'fulfilled' }]);
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
    expect(await removeUnreached({ ...node, removeBlocks }, [going(many)], signal)).toEqual([
      fulfilled({ removed: many.slice(0, 16), present: many.slice(16) }),
    ]);
    expect(turns).toBe(2);
  });
});

describe('a removal whose caller leaves', () => {
  it('is given up, and is not carried out if it has not begun', async () => {
    const begun: (readonly Going[])[] = [];
    const first = Promise.withResolvers<undefined>();
    const removals = new Removals(async (groups) => {
      begun.push(groups);
      await first.promise;
      return groups.map(({ blocks }) => ({ status: 'fulfilled', value: { removed: blocks, present: [] } }));
    });
    const leaving = new AbortController();
    const running = removals.remove(going([victim.cid]), leaving.signal);
    const left = removals.remove(going(loose.blocks), leaving.signal);
    const stays = removals.remove(going(victim.blocks), signal);
    leaving.abort(new Error('called away'));
    for (const removal of [running, left]) await expect(removal).rejects.toThrow('called away');
    first.resolve(undefined);
    expect(await stays).toEqual({ removed: victim.blocks, present: [] });
    expect(begun.map((groups) => groups.map(({ blocks }) => blocks))).toEqual([
      [[victim.cid]],
      [victim.blocks],
    ]);
  });
});
