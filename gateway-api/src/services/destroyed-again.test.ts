// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, type EraseRecord, type MspId, type RecordId } from '@tutela/chaincode/domain';
import {
  hasBlock,
  leafAsPart,
  orderErasure,
  setScene,
  storePart,
  type Scene,
  type TestGateway,
} from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { createCopies } from './create-copies.js';
import { DestroyedBlocks } from './destroyed-blocks.js';
import { dropUnreferenced, type UnreferencedDeps } from './drop-unreferenced.js';
import { PartJournal } from './part-journal.js';

const ALDER = 'AlderMSP' as MspId;
const CEDAR = 'CedarMSP' as MspId;
const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const { signal } = new AbortController();

let scene: Scene;
let birch: TestGateway;
let cedar: TestGateway;

beforeEach(async () => {
  scene = await setScene();
  [birch, cedar] = [scene.consortium.gateway(1), scene.consortium.gateway(2)];
});

function later(ms: number): void {
  scene.consortium.world.ledger.advance(ms);
}

function depsOf({ deps }: TestGateway): UnreferencedDeps {
  return { ...deps, parts: new PartJournal(deps.state), content: new ContentIndex(deps.state) };
}

function pinsOf({ disk }: TestGateway): readonly string[] {
  return [...disk.pinned];
}

describe('attack 40: what an order has destroyed and came again', () => {
  const MINUTE_MS = 60_000;

  test.each([
    [
      'by a read that was under way goes after a day',
      24 * HOUR_MS,
      (cid: string, size: number) => birch.deps.storage.get(cid, size),
    ],
    [
      'by an entry that was made late, with its pin, goes in the next round',
      MINUTE_MS,
      (cid: string) => {
        birch.disk.entered.add(cid);
        scene.consortium.swarm.recover();
        return Promise.resolve();
      },
    ],
  ])('%s, and not before', async (_how, waitMs, again) => {
    const content = Buffer.from('to be erased');
    const { recordId, cid } = await storePart(scene, content);
    const { size = 0 } = scene.consortium.swarm.find(cid)?.part ?? {};
    await birch.reconcile();
    await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    await again(cid, size);
    expect(hasBlock(birch, cid)).toBe(true);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    later(waitMs - 1);
    if (waitMs > MINUTE_MS) expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    later(2);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1, failures: [] });
    expect([hasBlock(birch, cid), birch.disk.entered.has(cid)]).toEqual([false, false]);
  });

  test('stays while a copy that another hospital asked for before outlasts the order', async () => {
    const { recordId, cid } = await storePart(scene, randomBytes(2 * MIB));
    const leaf = await leafAsPart(scene, cedar, cid);
    await createCopies(depsOf(birch)).keep(CEDAR, leaf, signal);
    later(1_000);
    await birch.reconcile();
    await orderErasure(scene, recordId);
    await birch.services.erasures.confirmPending();
    for (const hours of [0, 1, 70]) {
      later(hours * HOUR_MS);
      await birch.reconcile();
      expect(pinsOf(birch)).toEqual([leaf]);
    }
    later(2 * HOUR_MS);
    await birch.reconcile();
    expect(pinsOf(birch)).toEqual([]);
  });

  test('stays with what is fetched of a live record’s part, as long as any block without a pin does', async () => {
    const { recordId, cid } = await storePart(scene, randomBytes(2 * MIB));
    const { size = 0, blocks = [] } = scene.consortium.swarm.find(cid)?.part ?? {};
    await new ContentIndex(birch.deps.state).note({ recordId, version: 1, author: ALDER, cids: [cid] }, 0);
    const order = { author: CEDAR, knownSinceMs: 0 };
    new DestroyedBlocks(birch.deps.state).note(blocks.slice(1), order);
    birch.disk.pinned.delete(cid);
    await birch.deps.storage.get(cid, size);
    for (const hours of [0, 25, 46]) {
      later(hours * HOUR_MS);
      expect(await dropUnreferenced(depsOf(birch), true)).toBe(0);
    }
    later(2 * HOUR_MS);
    expect(await dropUnreferenced(depsOf(birch), true)).toBe(blocks.length);
  });

  test('stays where a live record names it', async () => {
    const { recordId, cid } = await storePart(scene, 'to be erased');
    await birch.reconcile();
    await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    const naming = { recordId: 'names it again' as RecordId, version: 1, author: ALDER, cids: [cid] };
    const content = new ContentIndex(birch.deps.state);
    await content.note(naming, birch.deps.nowMs());
    await createCopies(depsOf(birch)).keep(CEDAR, cid, signal);
    for (let round = 0; round < 2; round += 1) {
      expect(await dropUnreferenced(depsOf(birch), true)).toBe(0);
      later(MINUTE_MS);
    }
    expect(pinsOf(birch)).toContain(cid);
  });
});

describe('attack 40: a leaf of a part that lies elsewhere, kept for another hospital after its record was known', () => {
  function empty({ disk: { pinned, entered, parts } }: TestGateway): void {
    for (const all of [pinned, entered, parts]) all.clear();
  }

  /** Birch knows the record, has no copy of its part, and keeps a leaf of that for cedar. */
  async function leafKept(): Promise<Readonly<{ recordId: RecordId; leaf: string }>> {
    const { recordId, cid } = await storePart(scene, randomBytes(2 * MIB));
    await birch.reconcile();
    empty(birch);
    later(HOUR_MS);
    const leaf = await leafAsPart(scene, cedar, cid);
    await keepLeaf(leaf);
    later(HOUR_MS);
    return { recordId, leaf };
  }

  const keepLeaf = (leaf: string): Promise<void> => createCopies(depsOf(birch)).keep(CEDAR, leaf, signal);

  async function confirmedBy(erasureId: EraseRecord['statement']['erasureId']) {
    const { confirmations } = await scene.alder.services.erasures.get({ kind: 'gateway' }, erasureId);
    return confirmations[birch.mspId];
  }

  test('goes with the erasure, which another hospital’s copy tells it, is counted, and is not kept again', async () => {
    const { recordId, leaf } = await leafKept();
    const { erasureId } = await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    expect(birch.disk.parts.size).toBe(0);
    // The first block was fetched and did not lie here before.
    expect(await confirmedBy(erasureId)).toMatchObject({ blocksRemoved: 1 });
    await expect(keepLeaf(leaf)).rejects.toMatchObject({ code: 'ERASED' });
  });

  test('holds the erasure up until it is gone, where no hospital has the part any more', async () => {
    const { recordId, leaf } = await leafKept();
    const { erasureId } = await orderErasure(scene, recordId);
    for (const gateway of [scene.alder, cedar]) empty(gateway);
    expect(await birch.services.erasures.confirmPending()).toBe(0);
    expect(pinsOf(birch)).toEqual([leaf]);
    expect(await confirmedBy(erasureId)).toBeUndefined();
    for (let day = 0; day < 4; day += 1) {
      await birch.reconcile();
      later(24 * HOUR_MS);
    }
    await birch.reconcile();
    expect(pinsOf(birch)).toEqual([]);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    expect(await confirmedBy(erasureId)).toMatchObject({ blocksRemoved: 0 });
  }, 60_000);

  test('is known to each further try, although nothing is left that names it', async () => {
    const { recordId, leaf } = await leafKept();
    const { erasureId } = await orderErasure(scene, recordId);
    const { storage, ledger } = birch.deps;
    const { bytes = new Uint8Array() } = birch.disk.parts.get(leaf) ?? {};
    const holdings = storage.holdings.bind(storage);
    storage.holdings = () => Promise.reject(new Error('no list is needed'));
    ledger.faults.push({
      name: 'record:ConfirmErasure',
      when: 'before',
      error: new DomainError('LEDGER_UNAVAILABLE', 'not yet'),
    });
    expect(await birch.services.erasures.confirmPending()).toBe(0);
    for (const gateway of [scene.alder, cedar]) empty(gateway);
    await storage.add(bytes);
    expect(pinsOf(birch)).toEqual([leaf]);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    storage.holdings = holdings;
    expect(pinsOf(birch)).toEqual([]);
    expect(await confirmedBy(erasureId)).toMatchObject({ blocksRemoved: 1 });
  });
});
