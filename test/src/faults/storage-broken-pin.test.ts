// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { randomPart, withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { askKubo, storePart, useThreeVaults } from '../support/storage.js';

const TEST_MS = 120_000;
const MIB = 1024 * 1024;

describe('a pin whose blocks are not all there', () => {
  const vaults = useThreeVaults();

  it(
    'attack 40: stops no removal, is no copy, and is held again by whoever asks',
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
      await alder.vault.hold(part.cid);
      expect(await alder.vault.holds(part.cid)).toBe(true);
      expect(await alder.vault.listOrphans()).not.toContain(part.cid);
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
      for (const { cid } of parts) await alder.vault.hold(cid);
      const work = parts.flatMap(({ cid, blocks }) => [
        alder.vault.removePart(cid, blocks),
        alder.vault.hold(cid),
        alder.vault.removePart(cid, blocks.map(withOtherCodec)),
        alder.vault.hold(cid),
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
