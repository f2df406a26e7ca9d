// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ACCEPTED, MemoryVault } from '@tutela/ipfs-cluster/testing';
import { orderErasure, type Scene, setScene, storeNote, type TestGateway } from '../testing/index.js';
import type { StoredRecord } from './store-record.js';

let scene: Scene;
let consortium: Scene['consortium'];
let alder: Scene['alder'];

beforeEach(async () => {
  scene = await setScene();
  ({ consortium, alder } = scene);
});

function store(content: string): Promise<StoredRecord> {
  return storeNote(scene, content);
}

function blocksAt({ disk }: TestGateway): number {
  return disk.parts.size;
}

/** Every hospital reads its ledger once, as it does at each registration. */
async function reconcileAll(): Promise<void> {
  for (const gateway of consortium.gateways) await gateway.reconcile();
}

describe('attack 44: a record whose author withholds its manifest from every other hospital', () => {
  const DAY_MS = 24 * 3_600_000;
  const birch = (): TestGateway => consortium.gateway(1);
  /** What another hospital has had this one keep. */
  const kept = async (text: string): Promise<string> => {
    const { cid } = await new MemoryVault(consortium.swarm, 'CedarMSP').addPart(Buffer.from(text));
    await new MemoryVault(consortium.swarm, birch().mspId).hold(cid, ACCEPTED);
    return cid;
  };

  test('keeps no storage from being repaired and no erasure from being carried out', async () => {
    const { ledger } = consortium.world;
    const { recordId } = await store('to be erased');
    const kept = await store('to be kept');
    const { recordId: withheld } = await store('withheld');
    await reconcileAll();
    ledger.losePrivateData(withheld);
    await orderErasure(scene, recordId);
    ledger.advance(61 * 60_000);
    expect(await birch().reconcile()).toMatchObject({
      failures: [],
      erasuresConfirmed: 1,
      // What was known before its manifest was withheld stays wished.
      storage: { wished: 2 },
    });
    expect(kept.version).toBe(1);
  });

  test('keeps no pin that no record names for more than a day longer, however many are withheld', async () => {
    const { ledger } = consortium.world;
    const unnamed = await kept('named by no record');
    await birch().reconcile();
    for (let day = 0; day < 3; day += 1) {
      ledger.losePrivateData((await store(`withheld on day ${String(day)}`)).recordId);
      ledger.advance(DAY_MS);
      expect(await birch().reconcile()).toMatchObject({ unreferencedDropped: 0, failures: [] });
    }
    ledger.losePrivateData((await store('withheld at last')).recordId);
    ledger.advance(DAY_MS - 1);
    expect(await birch().reconcile()).toMatchObject({ unreferencedDropped: 0 });
    expect(consortium.swarm.holdersOf(unnamed)).toContain(birch().mspId);
    ledger.advance(2);
    await birch().reconcile();
    expect(consortium.swarm.holdersOf(unnamed)).not.toContain(birch().mspId);
  });

  test('is another case than an honest record whose manifest comes late: its parts are here when it comes', async () => {
    const { ledger } = consortium.world;
    await birch().reconcile();
    const { recordId } = await store('comes late');
    const [cid = ''] = consortium.swarm.entered();
    ledger.losePrivateData(recordId);
    for (const ms of [0, 73 * 3_600_000, 22 * 3_600_000]) {
      ledger.advance(ms);
      expect(await birch().reconcile()).toMatchObject({ unreferencedDropped: 0, failures: [] });
    }
    ledger.reconcilePrivateData();
    ledger.advance(100 * 3_600_000);
    expect(await birch().reconcile()).toMatchObject({ unreferencedDropped: 0, storage: { wished: 1 } });
    expect(birch().disk.parts.has(cid)).toBe(true);
  });

  test('is another case than one that came here after the longest wait: its parts come back with it', async () => {
    const { ledger } = consortium.world;
    await birch().reconcile();
    const { recordId } = await store('comes very late');
    const [cid = ''] = consortium.swarm.entered();
    ledger.losePrivateData(recordId);
    await birch().reconcile();
    ledger.advance(97 * 3_600_000);
    expect(await birch().reconcile()).toMatchObject({ unreferencedDropped: 1 });
    expect(birch().disk.parts.has(cid)).toBe(false);
    expect(alder.disk.parts.has(cid)).toBe(true);
    ledger.reconcilePrivateData();
    expect(await birch().reconcile()).toMatchObject({ failures: [], storage: { wished: 1 } });
    expect(birch().disk.parts.has(cid)).toBe(true);
  });

  test('keeps the parts of a store whose registration its own gateway has not read yet', async () => {
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'after', error: new Error('killed') });
    await expect(store('anchored')).rejects.toThrow('killed');
    const { manifest } = Object.values(consortium.world.ledger.vault()).map(
      (vault) => vault as Readonly<{ manifest: { recordId: string } }>,
    )[0] ?? { manifest: { recordId: '' } };
    consortium.world.ledger.losePrivateData(manifest.recordId);
    consortium.world.ledger.advance(49 * 3_600_000);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 0, failures: [] });
    expect(blocksAt(alder)).toBe(1);
  });
});
