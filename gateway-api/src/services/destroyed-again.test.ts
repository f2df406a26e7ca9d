// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
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
