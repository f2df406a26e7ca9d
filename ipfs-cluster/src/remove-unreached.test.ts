// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { multihashOf } from './cid.js';
import { partDag } from './part-dag.js';
import { removeUnreached, type BlockNode } from './remove-unreached.js';
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

describe('attack 40: the removal of a block that a pin reaches under another codec', () => {
  it('removes neither the root nor a leaf of it, and all other named blocks', async () => {
    const { node, disk } = kubo([...victim.blocks, ...loose.blocks], victim.blocks);
    const spelt = victim.blocks.map(withOtherCodec);
    const { removed, present } = await removeUnreached(node, [...spelt, ...loose.blocks], signal);
    expect({ removed, present }).toEqual({ removed: loose.blocks, present: spelt });
    expect([...disk]).toEqual(victim.blocks.map(multihashOf));
  });

  it('removes a block that no pin reaches, under either codec', async () => {
    for (const cid of [loose.cid, withOtherCodec(loose.cid)]) {
      const { node, disk } = kubo(loose.blocks, []);
      expect(await removeUnreached(node, [cid], signal)).toEqual({ removed: [cid], present: [] });
      expect(disk.size).toBe(0);
    }
  });

  it('removes nothing while the node cannot list what its pins reach', async () => {
    const { node, disk } = kubo(loose.blocks, []);
    const pinnedClosure = () => Promise.reject(new VaultError('VAULT_REFUSED'));
    const removal = removeUnreached({ ...node, pinnedClosure }, loose.blocks, signal);
    await expect(removal).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    expect(disk.size).toBe(1);
  });
});
