// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { randomPart, type VaultHospital } from '@tutela/ipfs-cluster/testing';
import { Agent, FormData, request } from 'undici';
import { askKubo, refusalOf, useThreeVaults } from '../support/storage.js';

const TEST_MS = 180_000;
const MIB = 1024 * 1024;
const LEAVES = 40;

const vaults = useThreeVaults();

it(
  'attack 44: a reader’s node fetches one block at most of what is no part, however large a tree lies below it',
  async () => {
    const { alder, birch } = vaults();
    const before = await blocksAt(birch);
    for (const leafBytes of [MIB, MIB / 8]) {
      const tree = await addFile(alder, randomPart(LEAVES * leafBytes), leafBytes);
      for (const size of [1_000, 3 * MIB, LEAVES * (MIB / 8), 17 * MIB])
        expect(['PART_INCOMPLETE', 'BAD_CID']).toContain(await refusalOf(birch.vault.getPart(tree, size)));
      const fetched = (await blocksAt(birch)).filter((block) => !before.includes(block));
      for (const block of fetched) expect((await sizeAt(birch, block)) < 4_096).toBe(true);
      expect(fetched.length).toBeLessThanOrEqual(leafBytes === MIB ? 1 : 2);
    }
  },
  TEST_MS,
);

async function blocksAt(hospital: VaultHospital): Promise<readonly string[]> {
  return (await askKubo(hospital, '/api/v0/refs/local')).split('\n').filter((line) => line !== '');
}

async function sizeAt(hospital: VaultHospital, line: string): Promise<number> {
  const { Ref: block } = JSON.parse(line) as { Ref: string };
  const answer = await askKubo(hospital, `/api/v0/block/stat?arg=${block}&offline=true`);
  return (JSON.parse(answer) as { Size: number }).Size;
}

/** Adds a file as a tree of blocks of one size; answers its identifier. */
async function addFile({ kuboSocket }: VaultHospital, bytes: Uint8Array, leafBytes: number): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(bytes)]), 'file');
  const path = `/api/v0/add?cid-version=1&raw-leaves=true&chunker=size-${String(leafBytes)}&quieter=true`;
  const dispatcher = new Agent({ connect: { socketPath: kuboSocket } });
  try {
    const answer = await request(`http://kubo${path}`, { method: 'POST', dispatcher, body: form });
    return ((await answer.body.json()) as { Hash: string }).Hash;
  } finally {
    await dispatcher.destroy();
  }
}
