// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { partDag, Reconciliation, systemClock, type StoredPart } from '@tutela/ipfs-cluster';
import { randomPart, type VaultHospital } from '@tutela/ipfs-cluster/testing';
import {
  otherNodes,
  askKubo,
  filesBelow,
  flipOneByte,
  refusalOf,
  storePart,
  useThreeVaults,
} from '../support/storage.js';
import { waitUntil } from '../support/wait.js';

const MIB = 1024 * 1024;

describe('storage when something breaks', () => {
  const vaults = useThreeVaults();

  it('serves the good copy for a block that was flipped on disk, and heals the bad one', async () => {
    const { alder, birch, cedar } = vaults();
    const bytes = randomPart(3 * MIB);
    const part = await storePart([alder, birch, cedar], bytes);
    const file = await flipOneByte(alder, partDag(bytes.subarray(MIB, 2 * MIB)).cid);
    expect(Buffer.compare(await alder.vault.getPart(part.cid, part.size), bytes)).toBe(0);
    const spoilt = await flipOneByte(alder, partDag(bytes.subarray(2 * MIB)).cid);
    expect(await alder.vault.healPart(part.cid)).toEqual({
      healthy: true,
      healed: file === spoilt ? 1 : 2,
      lost: 0,
    });
    expect(Buffer.compare(await readFile(spoilt), bytes.subarray(2 * MIB))).toBe(0);
    expect(await alder.vault.healPart(part.cid)).toEqual({ healthy: true, healed: 0, lost: 0 });
  });

  it('a node fetches a block anew that was flipped on its disk and that no pin reaches', async () => {
    const { alder, birch } = vaults();
    const bytes = randomPart(2 * MIB);
    const part = await storePart([birch], bytes);
    // Reading leaves a copy.
    await alder.vault.getPart(part.cid, part.size);
    await flipOneByte(alder, partDag(bytes.subarray(MIB)).cid);
    expect(await alder.vault.healPart(part.cid)).toEqual({ healthy: true, healed: 1, lost: 0 });
    expect(Buffer.compare(await alder.vault.getPart(part.cid, part.size), bytes)).toBe(0);
    await flipOneByte(alder, partDag(bytes.subarray(MIB)).cid);
    await flipOneByte(birch, partDag(bytes.subarray(MIB)).cid);
    expect(await alder.vault.healPart(part.cid)).toEqual({ healthy: false, healed: 0, lost: 1 });
    await birch.vault.removePart(part.cid, part.blocks);
  });

  it('reads and writes on with one Kubo node killed, and fills the gap when it is back', async () => {
    const { running, alder, birch, cedar } = vaults();
    const before = randomPart(MIB);
    const part = await storePart([cedar, alder, birch], before);
    await cedar.kubo.kill();
    expect(Buffer.compare(await alder.vault.getPart(part.cid, part.size), before)).toBe(0);
    const meanwhile = await storePart([alder, birch], randomPart(MIB));
    expect(await refusalOf(cedar.vault.getPart(part.cid, part.size, { deadlineMs: 2_000 }))).toBe(
      'VAULT_UNAVAILABLE',
    );
    cedar.kubo.start();
    await cedar.kubo.untilAlive();
    await cedar.kubo.untilJoined();
    const { steps } = await reconciled(running.hospitals, alder, meanwhile.cid);
    expect(steps).toEqual([{ kind: 'keep', cid: meanwhile.cid, hospital: 'cedar' }]);
    expect(await cedar.vault.listHeld()).toContain(meanwhile.cid);
  });

  it('never gives a short part when the node dies in the middle of a read', async () => {
    const { alder, birch } = vaults();
    const bytes = randomPart(16 * MIB);
    const part = await storePart([alder, birch], bytes);
    const reads = Array.from({ length: 4 }, () =>
      refusalOf(birch.vault.getPart(part.cid, part.size, { deadlineMs: 5_000 })),
    );
    await birch.kubo.kill();
    for (const refusal of await Promise.all(reads)) {
      expect(['VAULT_UNAVAILABLE', 'PART_INCOMPLETE', 'PART_NOT_FOUND', 'none']).toContain(refusal);
    }
    birch.kubo.start();
    await birch.kubo.untilAlive();
    await birch.kubo.untilJoined();
    expect(Buffer.compare(await birch.vault.getPart(part.cid, part.size), bytes)).toBe(0);
  });

  it('refuses a part whose only copy is spoilt, within its deadline', async () => {
    const { alder } = vaults();
    const bytes = randomPart(2 * MIB);
    const part = await alder.vault.addPart(bytes);
    await flipOneByte(alder, partDag(bytes.subarray(MIB)).cid);
    const started = performance.now();
    const refusal = await refusalOf(alder.vault.getPart(part.cid, part.size, { deadlineMs: 2_000 }));
    expect(['PART_NOT_FOUND', 'PART_INCOMPLETE']).toContain(refusal);
    expect(performance.now() - started).toBeLessThan(4_000);
    expect((await alder.vault.healPart(part.cid, { deadlineMs: 60_000 })).lost).toBe(1);
  });

  it('has a hospital that comes back fetch by its own ledger what was stored during its absence', async () => {
    const { running, alder, birch, cedar } = vaults();
    await absent(cedar);
    await twoHealthy(alder);
    const part = await storePart([alder, birch], randomPart(MIB));
    await present(cedar);
    await waitUntil(async () => (await healthyHospitals(alder)) === 3, {
      what: 'the return',
      deadlineMs: 30_000,
    });
    const { steps } = await reconciled(running.hospitals, cedar, part.cid);
    expect(steps.map(({ kind }) => kind)).toEqual(['hold', 'pin']);
    expect(await cedar.vault.listHeld()).toContain(part.cid);
    expect(await cedar.vault.listPins()).toContain(part.cid);
  });

  it('leaves nothing of an erased part on any disk, one hospital having been away', async () => {
    const { running, alder, birch, cedar } = vaults();
    const bytes = randomPart(2 * MIB);
    const part = await storePart([alder, birch, cedar], bytes);
    await absent(cedar);
    await erased(alder, part);
    await erased(birch, part);
    await present(cedar);
    await erased(cedar, part);
    const trace = Buffer.from(bytes.subarray(MIB + 100, MIB + 132));
    for (const { kuboFolder } of running.hospitals) {
      for (const file of await filesBelow(kuboFolder)) {
        expect((await readFile(file)).includes(trace)).toBe(false);
      }
    }
    expect(await refusalOf(birch.vault.getPart(part.cid, part.size, { deadlineMs: 1_000 }))).toBe(
      'PART_NOT_FOUND',
    );
  });

  it('has its node hold again what it lost; what the cluster peer pins by itself is no copy', async () => {
    const { running, alder, birch } = vaults();
    const part = await storePart([alder, birch], randomPart(2 * MIB));
    for (const block of part.blocks) {
      await askKubo(alder, `/api/v0/pin/rm?arg=${block}`);
      await askKubo(alder, `/api/v0/block/rm?arg=${block}`);
    }
    // As the peer does after its start.
    await askKubo(alder, `/api/v0/pin/add?arg=${part.cid}&recursive=false`);
    expect(await alder.vault.listHeld()).not.toContain(part.cid);
    expect(await alder.vault.holds(part.cid)).toBe(false);
    await reconciled(running.hospitals, alder, part.cid);
    expect(await alder.vault.listHeld()).toContain(part.cid);
    for (const block of part.blocks) await askKubo(alder, `/api/v0/block/stat?arg=${block}&offline=true`);
  });
});

/** One run of each kind at a hospital that has one part to keep. */
async function reconciled(
  hospitals: readonly VaultHospital[],
  at: VaultHospital,
  cid: string,
): Promise<Readonly<{ steps: readonly Readonly<{ kind: string }>[] }>> {
  const asking = { others: otherNodes(hospitals), chance: Math.random, clock: systemClock };
  const repair = new Reconciliation(at.vault, asking);
  const options = {
    draw: () => Promise.resolve([{ cid, authors: ['alder'] }]),
    ...{ own: at.hospital, members: hospitals.map(({ hospital }) => hospital), copies: 3 },
    ...{ isWished: () => true, givenUp: [] },
  };
  const own = await repair.atOwnNode(options, () => undefined);
  const { steps } = await repair.atOthers(options);
  return { steps: [...own.steps, ...steps] };
}

async function absent({ kubo, cluster }: VaultHospital): Promise<void> {
  await Promise.all([kubo.kill(), cluster.kill()]);
}

async function present({ kubo, cluster }: VaultHospital): Promise<void> {
  kubo.start();
  await kubo.untilAlive();
  cluster.start();
  await Promise.all([kubo.untilJoined(), cluster.untilJoined()]);
}

async function healthyHospitals({ vault }: VaultHospital): Promise<number> {
  return (await vault.status()).hospitals.filter((hospital) => hospital.healthy).length;
}

async function twoHealthy(hospital: VaultHospital): Promise<void> {
  await waitUntil(async () => (await healthyHospitals(hospital)) === 2, {
    what: 'the absence',
    deadlineMs: 30_000,
  });
}

async function erased({ vault }: VaultHospital, part: StoredPart): Promise<void> {
  expect(await vault.removePart(part.cid, part.blocks)).toMatchObject({ gone: true });
}
