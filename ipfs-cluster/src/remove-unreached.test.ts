// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { multihashOf } from './cid.js';
import { partDag } from './part-dag.js';
import { Removals, removeUnreached, type BlockNode, type BlockRemoval } from './remove-unreached.js';
import { withOtherCodec } from './testing/with-other-codec.js';
import { VaultError } from './vault-error.js';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const victim = partDag(new Uint8Array(2 * MIB).fill(7));
const loose = partDag(new Uint8Array(100).fill(9));

/** As Kubo: blocks lie by multihash, and a removal compares pins by whole identifiers. */
function kubo(blocks: readonly string[], pinned: readonly string[]) {
  const disk = new Set(blocks.map(multihashOf));
  const node: BlockNode = {
    hasBlock: (cid) => Promise.resolve(disk.has(multihashOf(cid))),
    pinnedClosure: () => Promise.resolve(pinned),
    removeBlocks: (cids) => {
      for (const cid of cids) if (!pinned.includes(cid)) disk.delete(multihashOf(cid));
      return Promise.resolve();
    },
  };
  return { node, disk };
}

function fulfilled(value: BlockRemoval) {
  return { status: 'fulfilled', value };
}

describe('attack 40: the removal of a block that a pin reaches under another codec', () => {
  it('removes neither the root nor a leaf of it, and all other named blocks', async () => {
    const { node, disk } = kubo([...victim.blocks, ...loose.blocks], victim.blocks);
    const spelt = victim.blocks.map(withOtherCodec);
    const outcomes = await removeUnreached(node, [[...spelt, ...loose.blocks]], signal);
    expect(outcomes).toEqual([fulfilled({ removed: loose.blocks, present: spelt })]);
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('removes a block that no pin reaches, under either codec', async () => {
    for (const cid of [loose.cid, withOtherCodec(loose.cid)]) {
      const { node, disk } = kubo(loose.blocks, []);
      expect(await removeUnreached(node, [[cid]], signal)).toEqual([
        fulfilled({ removed: [cid], present: [] }),
      ]);
      expect(disk.size).toBe(0);
    }
  });

  it('removes nothing while the node cannot list what its pins reach', async () => {
    const { node, disk } = kubo(loose.blocks, []);
    const pinnedClosure = () => Promise.reject(new VaultError('VAULT_REFUSED'));
    const removal = removeUnreached({ ...node, pinnedClosure }, [loose.blocks], signal);
    await expect(removal).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    expect(disk.size).toBe(1);
  });
});

describe('many removals at one time', () => {
  const parts = Array.from({ length: 100 }, (_, index) => partDag(new Uint8Array([index, 1, 2])));

  function counting(pinned: readonly string[], closure: () => Promise<readonly string[]>) {
    const blocks = [...victim.blocks, ...parts.flatMap((part) => part.blocks)];
    const { node, disk } = kubo(blocks, pinned);
    let lists = 0;
    const pinnedClosure = () => ((lists += 1), closure());
    const removals = new Removals((all) => removeUnreached({ ...node, pinnedClosure }, all, signal));
    return { removals, disk, lists: () => lists };
  }

  it('attack 44: list what the pins reach once for all that wait, and tell each what went', async () => {
    const { removals, disk, lists } = counting(victim.blocks, () => Promise.resolve(victim.blocks));
    const spared = removals.remove(victim.blocks.map(withOtherCodec));
    const found = await Promise.all(parts.map(({ blocks }) => removals.remove(blocks)));
    expect(found).toEqual(parts.map(({ blocks }) => ({ removed: blocks, present: [] })));
    expect(await spared).toEqual({ removed: [], present: victim.blocks.map(withOtherCodec) });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
    expect(lists()).toBe(3);
  });

  it('remove nothing while the pins cannot be listed, and go on once they can', async () => {
    let isDown = true;
    const closure = () =>
      isDown ? Promise.reject(new VaultError('VAULT_REFUSED')) : Promise.resolve(victim.blocks);
    const { removals, disk } = counting(victim.blocks, closure);
    const before = disk.size;
    const failed = await Promise.allSettled(parts.map(({ blocks }) => removals.remove(blocks)));
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
    expect(disk.size).toBe(before);
    isDown = false;
    expect(await removals.remove(loose.blocks)).toEqual({ removed: [], present: [] });
    expect((await removals.remove(parts[0]?.blocks ?? [])).removed).toHaveLength(1);
  });

  it.each(['hasBlock', 'removeBlocks'] as const)(
    'fail for the one whose blocks the node refuses at %s, and for no other',
    async (call) => {
      const [first, bad, last] = parts.slice(0, 3).map(({ blocks }) => blocks);
      if (first === undefined || bad === undefined || last === undefined) throw new Error('three parts');
      const { node } = kubo([...first, ...bad, ...last], []);
      const refusing = (blocks: string & readonly string[]) =>
        blocks.includes(bad[0] ?? '')
          ? Promise.reject(new VaultError('VAULT_REFUSED'))
          : node[call](blocks, signal);
      const removals = new Removals((all) => removeUnreached({ ...node, [call]: refusing }, all, signal));
      const found = await Promise.allSettled([first, bad, last].map((blocks) => removals.remove(blocks)));
      expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(found[2]).toMatchObject({ value: { removed: last, present: [] } });
    },
  );
});
