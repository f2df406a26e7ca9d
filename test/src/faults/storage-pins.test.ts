// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { allOf, randomPart } from '@tutela/ipfs-cluster/testing';
import type { VaultHospital } from '@tutela/ipfs-cluster/testing';
import { askClusterPeer, askKubo, storePart, useThreeVaults } from '../support/storage.js';

const TEST_MS = 120_000;
const MIB = 1024 * 1024;
const EMPTY_DIRECTORY = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';

/** What a node pins together with the blocks below it, without the empty directory that it pins when it is made. */
async function pinsOfWholes(hospital: VaultHospital): Promise<readonly string[]> {
  const answer = await askKubo(hospital, '/api/v0/pin/ls?type=recursive&stream=true');
  const cids = answer.split('\n').filter((line) => line !== '');
  const named = cids.map((line) => (JSON.parse(line) as { Cid: string }).Cid);
  return named.filter((cid) => cid !== EMPTY_DIRECTORY);
}

async function modeOf(hospital: VaultHospital, cid: string): Promise<string> {
  const answer = await askClusterPeer(hospital, 'GET', `/allocations/${cid}`);
  return ((await answer.json()) as { mode: string }).mode;
}

describe('the pins of a node', () => {
  const vaults = useThreeVaults();

  it(
    'attack 44: a node has one pin for each block, so that Kubo reads no other pin for a block that it removes',
    async () => {
      const { alder, birch } = vaults();
      const parts = [];
      for (const size of [100, 3 * MIB]) parts.push(await storePart([birch, alder], randomPart(size)));
      for (const hospital of [alder, birch]) {
        expect(await pinsOfWholes(hospital)).toEqual([]);
        const held = await hospital.vault.listHeld();
        expect(new Set(held)).toEqual(new Set(parts.map(({ cid }) => cid)));
      }
      for (const { cid, blocks } of parts)
        expect(await alder.vault.removePart(cid, [])).toMatchObject({
          gone: true,
          removed: expect.arrayContaining([...blocks]) as unknown,
        });
      const left = await askKubo(alder, '/api/v0/pin/ls?type=direct&stream=true');
      expect(left).toBe('');
    },
    TEST_MS,
  );

  it(
    'are all that an author has of a part: no other block that names it is left',
    async () => {
      const { birch } = vaults();
      const before = (await allOf(birch.vault.listOrphans())).flat();
      for (const size of [100, 3 * MIB]) await birch.vault.addPart(randomPart(size));
      expect((await allOf(birch.vault.listOrphans())).flat()).toEqual(before);
    },
    TEST_MS,
  );

  it(
    'keep every block of a part over a collection',
    async () => {
      const { cedar } = vaults();
      const bytes = randomPart(3 * MIB);
      const part = await storePart([cedar], bytes);
      await askKubo(cedar, '/api/v0/repo/gc');
      for (const block of part.blocks) await askKubo(cedar, `/api/v0/block/stat?arg=${block}&offline=true`);
      expect(Buffer.compare(await cedar.vault.getPart(part.cid, part.size), bytes)).toBe(0);
    },
    TEST_MS,
  );

  it(
    'pins and entries of a former version count as copies, and become those of single blocks before the next removal',
    async () => {
      const { alder } = vaults();
      const parts = [];
      for (const size of [100, 3 * MIB]) {
        const { cid, blocks } = await alder.vault.addPart(randomPart(size));
        for (const block of blocks) await askKubo(alder, `/api/v0/pin/rm?arg=${block}`);
        await askKubo(alder, `/api/v0/pin/add?arg=${cid}`);
        await askClusterPeer(alder, 'POST', `/pins/${cid}`);
        expect(await modeOf(alder, cid)).toBe('recursive');
        parts.push({ cid, blocks });
      }
      for (const { cid } of parts) {
        expect(await alder.vault.holds(cid)).toBe(true);
        expect(await alder.vault.listHeld()).toContain(cid);
        expect(await alder.vault.listPins()).toContain(cid);
        expect(await modeOf(alder, cid)).toBe('direct');
      }
      const orphans = (await allOf(alder.vault.listOrphans())).flat();
      expect(parts.flatMap(({ blocks }) => blocks).filter((block) => orphans.includes(block))).toEqual([]);
      expect(await pinsOfWholes(alder)).toEqual([]);
      for (const { cid, blocks } of parts) {
        expect(await alder.vault.holds(cid)).toBe(true);
        expect(await alder.vault.listHeld()).toContain(cid);
        expect((await alder.vault.removePart(cid, blocks)).gone).toBe(true);
      }
    },
    TEST_MS,
  );
});
