// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, allOf, randomPart, withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { askKubo, flipOneByte, storePart, useThreeVaults } from '../support/storage.js';

const TEST_MS = 120_000;
const MIB = 1024 * 1024;

describe('a pin whose blocks are not all there', () => {
  const vaults = useThreeVaults();

  it(
    'attack 40: a pin whose blocks are not all there stops no removal and is no copy, and its part can be held again',
    async () => {
      const { alder, birch } = vaults();
      const part = await storePart([birch, alder], randomPart(3 * MIB));
      const going = await storePart([alder], randomPart(2 * MIB));
      expect(await alder.vault.holds(part.cid)).toBe(true);
      // Kubo spares a pinned block under its own identifier alone.
      await askKubo(alder, `/api/v0/block/rm?arg=${withOtherCodec(part.cid)}`);
      expect(await alder.vault.holds(part.cid)).toBe(false);
      const { gone, removed } = await alder.vault.removePart(going.cid, going.blocks, { deadlineMs: 15_000 });
      expect({ gone, removed: new Set(removed) }).toEqual({ gone: true, removed: new Set(going.blocks) });
      await alder.vault.hold(part.cid, ACCEPTED);
      expect(await alder.vault.holds(part.cid)).toBe(true);
      expect((await allOf(alder.vault.listOrphans())).flat()).not.toContain(part.cid);
    },
    TEST_MS,
  );

  it(
    'attack 40: a pin whose first block goes after the vault has read it stops no removal either, and can be removed',
    async () => {
      const { alder } = vaults();
      const part = await alder.vault.addPart(randomPart(3 * MIB));
      const going = await alder.vault.addPart(randomPart(2 * MIB));
      await allOf(alder.vault.listOrphans());
      await askKubo(alder, `/api/v0/block/rm?arg=${withOtherCodec(part.cid)}`);
      const { gone } = await alder.vault.removePart(going.cid, going.blocks, { deadlineMs: 15_000 });
      expect(gone).toBe(true);
      expect(await alder.vault.holds(part.cid)).toBe(false);
      expect((await alder.vault.removePart(part.cid, part.blocks)).gone).toBe(true);
      expect(await alder.vault.listHeld()).not.toContain(part.cid);
    },
    TEST_MS,
  );

  it(
    'a part of which a block has rotted is held again with good bytes, and can be removed before',
    async () => {
      const { alder, birch } = vaults();
      const bytes = randomPart(2 * MIB);
      const part = await storePart([birch, alder], bytes);
      const [first = '', leaf = ''] = part.blocks;
      for (const block of [first, leaf]) {
        await flipOneByte(alder, block);
        await alder.vault.hold(part.cid, ACCEPTED);
        expect(await alder.vault.holds(part.cid)).toBe(true);
        expect(Buffer.compare(await alder.vault.getPart(part.cid, part.size), bytes)).toBe(0);
      }
      for (const block of [first, leaf]) {
        await flipOneByte(alder, block);
        expect((await alder.vault.removePart(part.cid, part.blocks)).gone).toBe(true);
        await alder.vault.hold(part.cid, ACCEPTED);
      }
    },
    TEST_MS,
  );

  it(
    'attack 40: pins that are made while blocks are removed lose none of them',
    async () => {
      const { alder, birch } = vaults();
      const parts = await Promise.all(
        Array.from({ length: 12 }, () => storePart([birch], randomPart(2 * MIB + 5))),
      );
      for (const { cid } of parts) await alder.vault.hold(cid, ACCEPTED);
      const work = parts.flatMap(({ cid, blocks }) => [
        alder.vault.removePart(cid, blocks),
        alder.vault.hold(cid, ACCEPTED),
        alder.vault.removePart(cid, blocks.map(withOtherCodec)),
        alder.vault.hold(cid, ACCEPTED),
      ]);
      await Promise.all(work);
      const held = new Set(await alder.vault.listHeld());
      for (const { cid, blocks } of parts) {
        if (!held.has(cid)) continue;
        for (const block of blocks) await askKubo(alder, `/api/v0/block/stat?arg=${block}&offline=true`);
      }
      expect(parts.some(({ cid }) => held.has(cid))).toBe(true);
    },
    TEST_MS,
  );
});
