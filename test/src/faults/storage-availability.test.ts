// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { MspId } from '@tutela/chaincode/domain';
import { createSwarmStorage } from '@tutela/gateway-api/testing';
import type { StoredPart } from '@tutela/ipfs-cluster';
import { ACCEPTED, randomPart, type NodeProcess, type VaultHospital } from '@tutela/ipfs-cluster/testing';
import { Client } from 'undici';
import { otherNodes, useThreeVaults } from '../support/storage.js';
import { waitUntil } from '../support/wait.js';

const FAULT_MS = 300_000;
const RECORD_BYTES = 10 * 1024;
/** A store that waits for the broken node takes the 15 s that a hospital has to fetch a part. */
const AT_ONCE_MS = 5_000;
const STORES = 12;
const { accepts } = ACCEPTED;

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
      await (frozen ? freeze(node(cedar)) : node(cedar).kill());
      try {
        for (let store = 0; store < STORES; store += 1) {
          const started = performance.now();
          const [at, other] = store % 2 === 0 ? [alder, birch] : [birch, alder];
          const part = await stored(at, [other, cedar]);
          expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
          await expectHeldTwice(node(cedar) === cedar.kubo ? [alder, birch] : [alder, birch, cedar], part);
        }
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
      const storage = storageOf(alder, [birch, cedar]);
      const { cid } = await storage.add(randomPart(RECORD_BYTES));
      await storage.pin(cid, accepts);
      const stored = storage.replicated([cid], accepts, AbortSignal.timeout(4_000));
      await expect(stored).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    } finally {
      for (const { kubo } of [birch, cedar]) {
        kubo.start();
        await kubo.untilAlive();
      }
      await Promise.all([birch.kubo.untilJoined(), cedar.kubo.untilJoined()]);
    }
  });
});

/** The storage of a hospital's gateway, over the real nodes of the others. */
function storageOf({ vault }: VaultHospital, others: readonly VaultHospital[]) {
  const answers = otherNodes(others);
  const nodes = {
    hospitals: () => Promise.resolve(others.map(({ hospital }) => hospital as MspId)),
    keep: async (hospital: MspId, cids: readonly string[]) => (await answers.keep(hospital, cids)) ?? [],
    kept: async (hospital: MspId, cids: readonly string[]) => (await answers.kept(hospital, cids)) ?? [],
  };
  return createSwarmStorage(vault, nodes, () => Promise.resolve(2));
}

async function stored(at: VaultHospital, others: readonly VaultHospital[]): Promise<StoredPart> {
  const storage = storageOf(at, others);
  const part = await storage.add(randomPart(RECORD_BYTES));
  await storage.pin(part.cid, accepts);
  expect(await storage.replicated([part.cid], accepts)).toBeGreaterThanOrEqual(2);
  return part;
}

// The Kubo nodes are asked themselves, so that a success that a hospital only says is found out.
async function expectHeldTwice(hospitals: readonly VaultHospital[], { blocks }: StoredPart): Promise<void> {
  const holds = await Promise.all(
    hospitals.map(async ({ kuboSocket }) => {
      const found = await Promise.all(blocks.map((block) => hasLocally(kuboSocket, block)));
      return found.every((isHere) => isHere);
    }),
  );
  expect(holds.filter((isHolder) => isHolder).length).toBeGreaterThanOrEqual(2);
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

async function untilThreeHealthy({ vault }: VaultHospital): Promise<void> {
  await waitUntil(
    async () => (await vault.status()).hospitals.filter(({ healthy }) => healthy).length === 3,
    { what: 'three hospitals', deadlineMs: 90_000 },
  );
}
