// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import type { Wished } from '../storage/storage.js';
import {
  orderErasure,
  reconcilerOf,
  type Scene,
  setScene,
  storeNote,
  type TestGateway,
} from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import type { StoredRecord } from './store-record.js';

let scene: Scene;
let consortium: Scene['consortium'];
let alder: Scene['alder'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  scene = await setScene();
  ({ consortium, alder, patient, author } = scene);
});

function store(content: string, recordId?: StoredRecord['recordId']): Promise<StoredRecord> {
  return storeNote(scene, content, recordId);
}

function blocksAt({ disk }: TestGateway): number {
  return disk.parts.size;
}

const others = (): readonly TestGateway[] => [consortium.gateway(1), consortium.gateway(2)];

/** Every hospital reads its ledger once, as it does at each registration. */
async function reconcileAll(): Promise<void> {
  for (const gateway of consortium.gateways) await gateway.reconcile();
}

function confirmAt({ services }: TestGateway): Promise<number> {
  return services.erasures.confirmPending();
}

describe('an erasure', () => {
  test('leaves no block at any hospital, and is complete once each has said so', async () => {
    const erased = await store('to be erased');
    const kept = await store('to be kept');
    await reconcileAll();
    const { erasures } = alder.services;
    const { erasureId } = await orderErasure(scene, erased.recordId);
    for (const gateway of consortium.gateways) expect(await confirmAt(gateway)).toBe(1);
    const certificate = await erasures.get({ kind: 'gateway' }, erasureId);
    expect(certificate.complete).toBe(true);
    expect(Object.keys(certificate.confirmations).sort()).toEqual(['AlderMSP', 'BirchMSP', 'CedarMSP']);
    for (const { mspId } of consortium.gateways)
      expect(certificate.confirmations[mspId]?.blocksRemoved).toBe(1);
    expect(consortium.gateways.map(blocksAt)).toEqual([1, 1, 1]);
    expect(consortium.swarm.entered().size).toBe(1);
    expect(kept.version).toBe(1);
  });

  test('is carried out by the others although its author does nothing', async () => {
    const { recordId } = await store('content');
    await reconcileAll();
    await orderErasure(scene, recordId);
    for (const gateway of others()) {
      expect(await confirmAt(gateway)).toBe(1);
      expect(await confirmAt(gateway)).toBe(0);
    }
    expect(consortium.gateways.map(blocksAt)).toEqual([1, 0, 0]);
  });

  test('is not confirmed by a hospital that never read what the record named, while it still holds blocks', async () => {
    const { recordId } = await store('content');
    const [birch, cedar] = others();
    if (birch === undefined || cedar === undefined) throw new Error('three hospitals');
    await orderErasure(scene, recordId);
    expect(await confirmAt(birch)).toBe(0);
    expect(await confirmAt(alder)).toBe(1);
    expect(await confirmAt(birch)).toBe(0);
    expect(blocksAt(birch)).toBe(1);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0, erasuresConfirmed: 0 });
    consortium.world.ledger.advance(73 * 3_600_000);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1, failures: [] });
    expect(blocksAt(birch)).toBe(0);
    expect(await confirmAt(birch)).toBe(1);
    expect(await confirmAt(cedar)).toBe(0);
  });

  test('is not confirmed by a hospital that read the first version and not the second, while it holds blocks of that', async () => {
    const { recordId } = await store('version one');
    await reconcileAll();
    await store('version two', recordId);
    const { erasures } = alder.services;
    const { erasureId } = await orderErasure(scene, recordId);
    expect(await confirmAt(alder)).toBe(1);
    for (const gateway of others()) await confirmAt(gateway);
    const certificate = await erasures.get({ kind: 'gateway' }, erasureId);
    expect(certificate).toMatchObject({ complete: false, versions: 2 });
    for (const gateway of others())
      expect(gateway.mspId in certificate.confirmations).toBe(blocksAt(gateway) === 0);
  });

  test('attack 16: what was erased opens nothing, even with its ciphertext kept by a hospital', async () => {
    const { recordId } = await store('content');
    const { practitionerId } = author;
    await consortium.world.grant(patient, {
      grantee: { kind: 'person', mspId: alder.mspId, practitionerId },
    });
    await orderErasure(scene, recordId);
    expect(blocksAt(alder)).toBe(1);
    const request = { recordId, purpose: 'TREAT', basis: { kind: 'consent' } } as const;
    await expect(alder.services.openRecord.openRecord(author, request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('is carried out as soon as its event comes from the ledger', async () => {
    const { recordId } = await store('content');
    const stop = new AbortController();
    const running = reconcilerOf(alder.deps, alder.services).run(stop.signal);
    await orderErasure(scene, recordId);
    while (consortium.swarm.entered().size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
  });
});

describe('attack 40: a hospital that has a record of its own erased', () => {
  async function attack() {
    const kept = await store('to be kept');
    const own = await store("the attacker's own");
    await reconcileAll();
    const { erasureId } = await orderErasure(scene, own.recordId);
    for (const { mspId } of consortium.gateways) consortium.swarm.collectGarbage(mspId);
    return { kept, erasureId };
  }

  test('takes nothing from the others but the blocks that were ordered to go', async () => {
    const { kept } = await attack();
    for (const gateway of others()) {
      expect(await confirmAt(gateway)).toBe(1);
      expect(await gateway.reconcile()).toMatchObject({ failures: [], storage: { wished: 1 } });
      expect(blocksAt(gateway)).toBe(1);
    }
    consortium.world.ledger.advance(100 * 3_600_000);
    for (const gateway of others()) expect(await gateway.reconcile()).toMatchObject({ failures: [] });
    expect(others().map(blocksAt)).toEqual([1, 1]);
    expect(kept.version).toBe(1);
  });

  test('gains nothing by confirming first: each hospital removes and counts for itself', async () => {
    const { erasureId } = await attack();
    const confirmation = { erasureId, blocksRemoved: 9, blocksHash: consortium.world.names.bytes32() };
    await alder.deps.ledger.submit({ kind: 'gateway' }, 'record:ConfirmErasure', confirmation);
    for (const gateway of others()) {
      expect(await confirmAt(gateway)).toBe(1);
      expect(blocksAt(gateway)).toBe(1);
    }
    const { confirmations } = await alder.services.erasures.get({ kind: 'gateway' }, confirmation.erasureId);
    expect(others().map(({ mspId }) => confirmations[mspId]?.blocksRemoved)).toEqual([1, 1]);
  });

  test('takes no part that a live record names, though the erased one named it too', async () => {
    const kept = await store('to be kept');
    await reconcileAll();
    const [birch] = others();
    if (birch === undefined) throw new Error('three hospitals');
    const [cid = ''] = consortium.swarm.entered();
    const own = await store("the attacker's own");
    // As if its manifest had named the other's part.
    const content = new ContentIndex(birch.deps.state);
    await content.note({ recordId: own.recordId, version: 1, author: alder.mspId, cids: [cid] }, 1);
    const { erasureId } = await orderErasure(scene, own.recordId);
    expect(await confirmAt(birch)).toBe(0);
    expect(birch.deps.ledger.calls).not.toContain('record:ConfirmErasure');
    expect(birch.disk.pinned.has(cid)).toBe(true);
    expect(erasureId).not.toBe(kept.recordId);
  });

  test('attack 40: an erasure takes no live part that the erased record named under another codec', async () => {
    await store('to be kept');
    await reconcileAll();
    const [cid = ''] = consortium.swarm.entered();
    const own = await store("the attacker's own");
    for (const gateway of others())
      await new ContentIndex(gateway.deps.state).note(
        {
          recordId: own.recordId,
          version: 1,
          author: alder.mspId,
          cids: [withOtherCodec(cid)],
        },
        1,
      );
    await orderErasure(scene, own.recordId);
    // Withdrawn, so that the live part has no pin that could keep it.
    for (const gateway of others()) gateway.disk.pinned.clear();
    for (const gateway of others()) {
      expect(await confirmAt(gateway)).toBe(0);
      expect(gateway.disk.parts.has(cid)).toBe(true);
    }
  });

  test('attack 40: takes no live part whose other codec it has another hospital keep', async () => {
    await store('to be kept');
    const [cid = ''] = consortium.swarm.entered();
    const [birch] = others();
    if (birch === undefined) throw new Error('three hospitals');
    const disk = birch.disk;
    disk.pinned.add(withOtherCodec(cid));
    for (const hours of [0, 100, 100]) {
      consortium.world.ledger.advance(hours * 3_600_000);
      expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0, failures: [] });
    }
    // No removal of it was begun, which the vault alone would have had to stop.
    expect(disk.pinned.has(withOtherCodec(cid))).toBe(true);
    expect(disk.parts.has(cid)).toBe(true);
  });

  test('has no upload of another hospital removed before its time', async () => {
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('not yet') });
    await expect(store('not anchored yet')).rejects.toThrow('not yet');
    const [birch] = others();
    if (birch === undefined) throw new Error('three hospitals');
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    expect(await alder.reconcile()).toMatchObject({ storage: { wished: 1 } });
    consortium.world.ledger.advance(71 * 3_600_000);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    consortium.world.ledger.advance(2 * 3_600_000);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1 });
  });
});

describe('a part that cannot be removed', () => {
  const refusal = new DomainError('STORAGE_UNAVAILABLE', 'the node refuses');

  /** Has a gateway's storage refuse to remove these parts, until what it returns is called. */
  function refuse({ deps: { storage } }: TestGateway, cids: readonly string[]): () => void {
    const remove = storage.remove.bind(storage);
    storage.remove = (cid, ...rest) => (cids.includes(cid) ? Promise.reject(refusal) : remove(cid, ...rest));
    return () => {
      storage.remove = remove;
    };
  }

  test('leaves its erasure unconfirmed', async () => {
    const { recordId } = await store('to be erased');
    await reconcileAll();
    refuse(alder, [...consortium.swarm.entered()]);
    await orderErasure(scene, recordId);
    expect(await confirmAt(alder)).toBe(0);
    expect(blocksAt(alder)).toBe(1);
  });

  test('keeps no part that can be removed from going, in an erasure whose other part fails', async () => {
    const failing = partDag(Buffer.from('a part that cannot be removed')).cid;
    const { recordId } = await store('to be erased');
    const birch = consortium.gateway(1);
    const [cid = ''] = consortium.swarm.entered();
    await new ContentIndex(birch.deps.state).note(
      { recordId, version: 1, author: alder.mspId, cids: [failing, cid] },
      1,
    );
    const restore = refuse(birch, [failing]);
    await orderErasure(scene, recordId);
    expect(await confirmAt(birch)).toBe(0);
    expect(blocksAt(birch)).toBe(0);
    restore();
    expect(await confirmAt(birch)).toBe(1);
  });

  test('is tried last of all that no record names, so that the others go', async () => {
    const birch = consortium.gateway(1);
    const { pinned } = birch.disk;
    const stuck = Array.from(
      { length: 60 },
      (_, number) => partDag(Buffer.from(`a part ${String(number)}`)).cid,
    );
    for (const cid of stuck) pinned.add(cid);
    refuse(birch, stuck);
    for (const hours of [0, 73, 0]) {
      consortium.world.ledger.advance(hours * 3_600_000);
      expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0, failures: [] });
    }
    const later = partDag(Buffer.from('came later')).cid;
    pinned.add(later);
    await birch.reconcile();
    consortium.world.ledger.advance(73 * 3_600_000);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1, failures: [] });
    expect(pinned.has(later)).toBe(false);
  });

  test('keeps no other given-up part from being collected', async () => {
    for (const content of ['lost', 'lost too']) {
      alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('killed') });
      await expect(store(content)).rejects.toThrow('killed');
    }
    const [first = ''] = consortium.swarm.entered();
    refuse(alder, [first]);
    consortium.world.ledger.advance(49 * 3_600_000);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 1, failures: [] });
    expect([...consortium.swarm.entered()]).toEqual([first]);
  });
});

describe('a reconciliation', () => {
  test('says of each part which hospitals registered what names it, as the own ledger does', async () => {
    await store('of alder');
    const birch = consortium.gateway(1);
    const wished: Wished[] = [];
    const reconcile = birch.deps.storage.reconcile.bind(birch.deps.storage);
    birch.deps.storage.reconcile = (asked, signal) => {
      wished.push(asked);
      return reconcile(asked, signal);
    };
    await birch.reconcile();
    const [cid = ''] = consortium.swarm.entered();
    const members = consortium.gateways.map(({ mspId }) => mspId);
    expect(wished).toMatchObject([{ own: birch.mspId, members }]);
    expect(await wished[0]?.draw(10)).toEqual([{ cid, authors: [alder.mspId] }]);
  });

  test('brings a part to the wished number of hospitals after an absence', async () => {
    consortium.swarm.absent.add('CedarMSP');
    await store('content');
    consortium.swarm.absent.delete('CedarMSP');
    expect(blocksAt(consortium.gateway(2))).toBe(0);
    const report = await alder.reconcile();
    expect(report).toMatchObject({ rounds: 1, failures: [], storage: { wished: 1 } });
    expect(blocksAt(consortium.gateway(2))).toBe(1);
  });

  test('attack 33: gives back what a crash left between storing and anchoring, and only that', async () => {
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('killed') });
    await expect(store('lost')).rejects.toThrow('killed');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'after', error: new Error('killed') });
    await expect(store('anchored')).rejects.toThrow('killed');
    expect(consortium.swarm.entered().size).toBe(2);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 0 });
    consortium.world.ledger.advance(49 * 3_600_000);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 1, failures: [] });
    expect(consortium.swarm.entered().size).toBe(1);
  });

  test('reports a step that failed and takes the others all the same', async () => {
    await store('content');
    alder.deps.ledger.faults.push({
      name: 'record:ListErasures',
      when: 'before',
      error: new Error('no peer'),
    });
    const reconciler = reconcilerOf(alder.deps, alder.services);
    expect(await reconciler.round()).toMatchObject({
      failures: ['erasures:INTERNAL'],
      storage: { wished: 1 },
    });
    expect(reconciler.report().rounds).toBe(1);
    expect(await reconciler.round()).toMatchObject({ rounds: 2, failures: [] });
  });
});
