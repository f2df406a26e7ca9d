// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  erasureStatement,
  type EraseRecord,
  type Month,
  type MspId,
  type RecordId,
} from '@tutela/chaincode/domain';
import { signed } from '@tutela/chaincode/testing';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { memoryAttempt, setScene, type Scene, type TestGateway } from '../testing/index.js';
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

/** A record of alder's patient, and its only part, which every hospital holds; birch does not know the record yet. */
async function storedByAlder(content: Uint8Array): Promise<Readonly<{ recordId: RecordId; cid: string }>> {
  const { alder, patient, author } = scene;
  const body = (async function* () {
    yield await Promise.resolve(content);
  })();
  const facts = {
    ...({ category: 'notes', class: 'standard', contentType: 'text/plain' } as const),
    ...{ handle: patient.handle, month: '2026-02' as Month },
  };
  const before = new Set(pinsOf(alder));
  const { recordId } = await alder.services.storeRecord.storeContent(author, facts, body, memoryAttempt());
  const [cid = ''] = pinsOf(alder).filter((one) => !before.has(one));
  return { recordId, cid };
}

function order(recordId: string): EraseRecord {
  const { patient, consortium } = scene;
  const { names, ledger } = consortium.world;
  const statement = {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', recordId, handle: patient.handle },
    erasureId: consortium.world.ownId('erasure', patient.handle),
    ...{ signedAt: ledger.now, nonce: names.nonce() },
  };
  return signed(patient, erasureStatement(statement, 'statement'));
}

async function orderErasure(recordId: string): Promise<void> {
  await scene.alder.services.erasures.order({ kind: 'gateway' }, order(recordId), memoryAttempt());
}

function diskOf({ mspId }: TestGateway): ReturnType<Scene['consortium']['swarm']['diskOf']> {
  return scene.consortium.swarm.diskOf(mspId);
}

function pinsOf(gateway: TestGateway): readonly string[] {
  return [...diskOf(gateway).pinned];
}

/** Whether a hospital holds a block, in any part and under any identifier. */
function hasBlock(gateway: TestGateway, block: string): boolean {
  const names = [block, withOtherCodec(block)];
  return [...diskOf(gateway).parts.values()].some(({ part }) =>
    part.blocks.some((one) => names.includes(one)),
  );
}

/** A leaf of a part, stored by a hospital as a part of its own. */
async function leafAsPart(gateway: TestGateway, cid: string): Promise<string> {
  const { bytes, part } = scene.consortium.swarm.find(cid) ?? { bytes: new Uint8Array(), part: undefined };
  const leaf = (await gateway.deps.storage.add(bytes.subarray(0, MIB))).cid;
  expect(part?.blocks).toContain(leaf);
  return leaf;
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
        diskOf(birch).entered.add(cid);
        scene.consortium.swarm.recover();
        return Promise.resolve();
      },
    ],
  ])('%s, and not before', async (_how, waitMs, again) => {
    const content = Buffer.from('to be erased');
    const { recordId, cid } = await storedByAlder(content);
    const { size = 0 } = scene.consortium.swarm.find(cid)?.part ?? {};
    await birch.reconcile();
    await orderErasure(recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    await again(cid, size);
    expect(hasBlock(birch, cid)).toBe(true);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    later(waitMs - 1);
    if (waitMs > MINUTE_MS) expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 0 });
    later(2);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1, failures: [] });
    expect([hasBlock(birch, cid), diskOf(birch).entered.has(cid)]).toEqual([false, false]);
  });

  test('stays while a copy that another hospital asked for before outlasts the order', async () => {
    const { recordId, cid } = await storedByAlder(randomBytes(2 * MIB));
    const leaf = await leafAsPart(cedar, cid);
    await createCopies(depsOf(birch)).keep(CEDAR, leaf, signal);
    later(1_000);
    await birch.reconcile();
    await orderErasure(recordId);
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
    const { recordId, cid } = await storedByAlder(randomBytes(2 * MIB));
    const { size = 0, blocks = [] } = scene.consortium.swarm.find(cid)?.part ?? {};
    await new ContentIndex(birch.deps.state).note({ recordId, version: 1, author: ALDER, cids: [cid] }, 0);
    const order = { author: CEDAR, knownSinceMs: 0 };
    new DestroyedBlocks(birch.deps.state).note(blocks.slice(1), order);
    diskOf(birch).pinned.delete(cid);
    await birch.deps.storage.get(cid, size);
    for (const hours of [0, 25, 46]) {
      later(hours * HOUR_MS);
      expect(await dropUnreferenced(depsOf(birch), true)).toBe(0);
    }
    later(2 * HOUR_MS);
    expect(await dropUnreferenced(depsOf(birch), true)).toBe(blocks.length);
  });

  test('stays where a live record names it', async () => {
    const { recordId, cid } = await storedByAlder(Buffer.from('to be erased'));
    await birch.reconcile();
    await orderErasure(recordId);
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
