// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { StoredPart, Vault } from '@tutela/ipfs-cluster';
import { randomPart, type NodeProcess, type VaultHospital } from '@tutela/ipfs-cluster/testing';
import { Client } from 'undici';
import { refusalOf, useThreeVaults } from '../support/storage.js';
import { waitUntil } from '../support/wait.js';

const FAULT_MS = 300_000;
const RECORD_BYTES = 10 * 1024;
/** A store that waits for the broken node takes the 15 s that ipfs-cluster gives a peer to answer. */
const AT_ONCE_MS = 5_000;
const STORES = 12;
const OLD_PARTS = 40;
const BOTH = { min: 2, max: 3 };

interface Fault {
  readonly what: string;
  readonly node: (hospital: VaultHospital) => NodeProcess;
  readonly frozen: boolean;
}

const faults: readonly Fault[] = [
  { what: 'Kubo dead', node: ({ kubo }) => kubo, frozen: false },
  { what: 'cluster peer dead', node: ({ cluster }) => cluster, frozen: false },
  { what: 'cluster peer frozen', node: ({ cluster }) => cluster, frozen: true },
  { what: 'Kubo frozen', node: ({ kubo }) => kubo, frozen: true },
];

describe('stores at the other hospitals while one hospital has lost a node', () => {
  const vaults = useThreeVaults();

  it.each(faults)(
    'go on at once with its $what, from the first on',
    async ({ node, frozen }) => {
      const { alder, birch, cedar } = vaults();
      const old = await storedEverywhere(alder.vault);
      await (frozen ? freeze(node(cedar)) : node(cedar).kill());
      try {
        // Questions about parts that the broken hospital holds, as every reconciliation asks them.
        const states = alder.vault.pinStates(old, { deadlineMs: 40_000 });
        for (let store = 0; store < STORES; store += 1) {
          const started = performance.now();
          const at = store % 2 === 0 ? alder : birch;
          const part = await stored(at.vault);
          expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
          await expectHeldBy([alder, birch], part);
        }
        for (const state of await states) expect(state.pinnedBy).toEqual(expect.arrayContaining(['alder']));
      } finally {
        await (frozen ? thaw(node(cedar)) : restart(node(cedar)));
        await untilThreeHealthy(alder);
      }
    },
    FAULT_MS,
  );

  it('count the other hospitals as reachable while one is frozen', async () => {
    const { alder, cedar } = vaults();
    await freeze(cedar.cluster);
    try {
      const { clusterReachable, hospitals } = await alder.vault.status();
      expect(clusterReachable).toBe(true);
      expect(hospitals.filter(({ healthy }) => healthy).map(({ hospital }) => hospital)).toEqual(
        expect.arrayContaining(['alder', 'birch']),
      );
      expect(hospitals.filter(({ healthy }) => healthy)).toHaveLength(2);
    } finally {
      await thaw(cedar.cluster);
      await untilThreeHealthy(alder);
    }
  });

  it('are refused when no second hospital can hold the part', async () => {
    const { alder, birch, cedar } = vaults();
    await Promise.all([birch.kubo.kill(), cedar.kubo.kill()]);
    try {
      const part = await alder.vault.addPart(randomPart(RECORD_BYTES));
      const refusal = await refusalOf(
        alder.vault
          .pin(part.cid, BOTH)
          .then(() => alder.vault.waitPinned([part.cid], 2, { deadlineMs: 4_000 })),
      );
      expect(['REPLICATION_TIMEOUT', 'VAULT_UNAVAILABLE']).toContain(refusal);
    } finally {
      for (const { kubo } of [birch, cedar]) {
        kubo.start();
        await kubo.untilAlive();
      }
      await Promise.all([birch.kubo.untilJoined(), cedar.kubo.untilJoined()]);
    }
  });
});

async function stored(vault: Vault): Promise<StoredPart> {
  const part = await vault.addPart(randomPart(RECORD_BYTES));
  await vault.pin(part.cid, BOTH);
  const [state] = await vault.waitPinned([part.cid], 2, { deadlineMs: 20_000 });
  expect(state?.pinnedBy.length).toBeGreaterThanOrEqual(2);
  return part;
}

async function storedEverywhere(vault: Vault): Promise<readonly string[]> {
  const cids: string[] = [];
  for (let count = 0; count < OLD_PARTS; count += 1) {
    const { cid } = await vault.addPart(randomPart(100));
    await vault.pin(cid, BOTH);
    cids.push(cid);
  }
  await vault.waitPinned(cids, 3, { deadlineMs: 60_000 });
  return cids;
}

// Both Kubo nodes are asked themselves, so that a success that the cluster only believes in is found out.
async function expectHeldBy(hospitals: readonly VaultHospital[], part: StoredPart): Promise<void> {
  for (const { kuboSocket } of hospitals) {
    for (const block of part.blocks) expect(await hasLocally(kuboSocket, block)).toBe(true);
  }
}

async function hasLocally(socketPath: string, block: string): Promise<boolean> {
  const client = new Client('http://localhost', { connect: { socketPath } });
  try {
    const path = `/api/v0/block/stat?arg=${block}&offline=true`;
    const { statusCode, body } = await client.request({ method: 'POST', path });
    await body.dump();
    return statusCode === 200;
  } finally {
    await client.destroy();
  }
}

async function freeze(node: NodeProcess): Promise<void> {
  const { pid } = node;
  node.signal('SIGSTOP');
  await waitUntil(
    async () => / T /.test((await readFile(`/proc/${String(pid)}/stat`, 'utf8')).replace(/^.*\)/, '')),
    { what: 'the freeze', deadlineMs: 5_000, intervalMs: 5 },
  );
}

async function thaw(node: NodeProcess): Promise<void> {
  node.signal('SIGCONT');
  await node.untilJoined();
}

async function restart(node: NodeProcess): Promise<void> {
  node.start();
  await node.untilAlive();
  await node.untilJoined();
}

// Well again in the eyes of the allocator too, which goes by the free space that each hospital reports.
async function untilThreeHealthy({ vault }: VaultHospital): Promise<void> {
  await waitUntil(
    async () => {
      const { cid } = await vault.addPart(randomPart(100));
      await vault.pin(cid, BOTH);
      return (await refusalOf(vault.waitPinned([cid], 3, { deadlineMs: 2_000 }))) === 'none';
    },
    { what: 'three hospitals', deadlineMs: 90_000 },
  );
}
