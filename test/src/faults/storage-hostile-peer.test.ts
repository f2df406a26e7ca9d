// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { randomPart, type VaultHospital } from '@tutela/ipfs-cluster/testing';
import { z } from 'zod';
import { askClusterPeer, askKubo, storePart, useThreeVaults } from '../support/storage.js';
import { waitUntil } from '../support/wait.js';

const TEST_MS = 180_000;
/** Longer than a cluster peer takes to hear of another's changes, which are told again every 5 s. */
const LONG_ENOUGH_MS = 20_000;
const EVERYWHERE = 'replication-min=-1&replication-max=-1';

describe('a hospital whose cluster peer follows its own rules', () => {
  const vaults = useThreeVaults();

  it(
    'attack 40: a hostile cluster peer changes nothing in the pinset or at the node of another hospital, whatever it writes',
    async () => {
      const { alder, birch, cedar } = vaults();
      const honest = [alder, birch];
      const parts = [
        await storePart([alder, birch, cedar], randomPart(2_000_000)),
        await storePart([birch, alder, cedar], randomPart(2_000_000)),
      ];
      await trustAll(cedar);
      await waitUntil(async () => (await cedar.vault.listPins()).length >= parts.length, {
        what: 'the hostile peer to see the entries of the others',
        deadlineMs: 60_000,
      });
      const before = await Promise.all(honest.map(whatIsThere));

      const [first, second] = parts;
      const own = await cedar.vault.addPart(randomPart(2_000_000));
      const direct = await cedar.vault.addPart(randomPart(2_000_000));
      await ask(cedar, 'POST', `/pins/${own.cid}?${EVERYWHERE}`);
      await ask(cedar, 'POST', `/pins/ipfs/${direct.cid}?mode=direct&${EVERYWHERE}`);
      await ask(cedar, 'POST', `/pins/${nowhere()}?${EVERYWHERE}`);
      await ask(cedar, 'DELETE', `/pins/${first?.cid ?? ''}`);
      await ask(cedar, 'POST', `/pins/ipfs/${first?.cid ?? ''}?mode=direct&${EVERYWHERE}`);
      const next = await cedar.vault.addPart(randomPart(2_000_000));
      await ask(cedar, 'POST', `/pins/${next.cid}?pin-update=${second?.cid ?? ''}&${EVERYWHERE}`);
      await ask(cedar, 'DELETE', `/pins/${second?.cid ?? ''}`);
      await shard(cedar);
      await ask(cedar, 'POST', '/ipfs/gc');

      // Its own pinset has it all, for every hospital.
      const written = await entriesOf(cedar);
      expect(new Set(written.map(({ type }) => type))).toEqual(
        new Set(['pin', 'shard-pin', 'clusterdag-pin', 'meta-pin']),
      );
      expect(written.some(({ pin_update: update }) => update === second?.cid)).toBe(true);
      expect(written.filter(({ mode }) => mode === 'direct').length).toBeGreaterThan(1);
      await new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));
      expect(await Promise.all(honest.map(whatIsThere))).toEqual(before);
      for (const { vault } of honest)
        for (const { cid, size } of parts) expect((await vault.getPart(cid, size)).length).toBe(size);
      // Nor do they think less of one another, and each writes its own pinset as before.
      expect((await alder.vault.status()).hospitals.filter(({ healthy }) => healthy)).toHaveLength(3);
      const later = await storePart([alder, birch], randomPart(1_000));
      for (const { vault } of honest) expect(await vault.listPins()).toContain(later.cid);
    },
    TEST_MS,
  );
});

/** Restarts a hospital's cluster peer so that it takes over everything, and lays its pins anywhere. */
async function trustAll({ cluster }: VaultHospital): Promise<void> {
  const path = cluster.node.edits[0]?.path ?? '';
  await cluster.stop();
  const config = z
    .looseObject({ cluster: z.looseObject({}), consensus: z.looseObject({ crdt: z.looseObject({}) }) })
    .parse(JSON.parse(await readFile(path, 'utf8')));
  config.consensus.crdt['trusted_peers'] = ['*'];
  config.cluster['pin_only_on_trusted_peers'] = false;
  await writeFile(path, JSON.stringify(config));
  cluster.start();
  await cluster.untilAlive();
  await cluster.untilJoined();
}

async function ask(hospital: VaultHospital, method: 'POST' | 'DELETE', path: string): Promise<void> {
  expect((await askClusterPeer(hospital, method, path)).status).toBe(200);
}

/** Adds a file as shards, so that there are entries of every type. */
async function shard(hospital: VaultHospital): Promise<void> {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(randomPart(300_000))]), 'file');
  const path = `/add?shard=true&shard-size=200000&chunker=size-100000&${EVERYWHERE}`;
  const answer = await askClusterPeer(hospital, 'POST', path, form);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('shard-0')]);
}

const entry = z.object({ type: z.string(), mode: z.string(), pin_update: z.string().nullish() });

async function entriesOf(hospital: VaultHospital): Promise<readonly z.infer<typeof entry>[]> {
  const text = await (await askClusterPeer(hospital, 'GET', '/allocations')).text();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => entry.parse(JSON.parse(line)));
}

/** Everything that a hospital's pinset names, that its node pins in any way, and that lies on its disk. */
async function whatIsThere(hospital: VaultHospital): Promise<readonly (readonly string[])[]> {
  const entries = await (await askClusterPeer(hospital, 'GET', '/allocations')).text();
  const pins = await askKubo(hospital, '/api/v0/pin/ls?type=all&stream=true');
  const blocks = await askKubo(hospital, '/api/v0/refs/local');
  return [entries, pins, blocks].map((text) => text.split('\n').sort());
}

/** The identifier of a part that no hospital has. */
function nowhere(): string {
  return 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
}
