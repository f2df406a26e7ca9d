// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
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
import type { Copies } from './copies.js';
import { CopyJournal } from './copy-journal.js';
import { createCopies } from './create-copies.js';
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

/** A part that a hospital's node has, and that no record names. */
async function partAt(gateway: TestGateway, content: string | Uint8Array): Promise<string> {
  return (await gateway.deps.storage.add(Buffer.from(content))).cid;
}

function copiesOf({ deps }: TestGateway, most?: number): Copies {
  const journals = { parts: new PartJournal(deps.state), content: new ContentIndex(deps.state) };
  return createCopies({ ...deps, ...journals }, most);
}

function pinsOf({ disk }: TestGateway): readonly string[] {
  return [...disk.pinned];
}

/** A hospital's node loses what it has. */
function empty(gateway: TestGateway): void {
  const { pinned, entered, parts } = gateway.disk;
  for (const all of [pinned, entered, parts]) all.clear();
}

describe('copies for other hospitals', () => {
  test('are kept, and known as kept', async () => {
    const copies = copiesOf(birch);
    const cid = await partAt(scene.alder, 'a part');
    expect(await copies.keeps(cid, signal)).toBe(false);
    await copies.keep(ALDER, cid, signal);
    expect(await copies.keeps(cid, signal)).toBe(true);
  });

  test('are noted for each hospital that asks, before the node keeps them', async () => {
    const copies = copiesOf(birch);
    const journal = new CopyJournal(birch.deps.state);
    const cid = await partAt(scene.alder, 'a part');
    const noted: unknown[] = [];
    const holds = birch.deps.storage.holds.bind(birch.deps.storage);
    birch.deps.storage.holds = (...given) => {
      noted.push([pinsOf(birch).includes(cid), ...journal.of(cid).map(({ hospital }) => hospital)]);
      return holds(...given);
    };
    for (const hospital of [CEDAR, ALDER]) await copies.keep(hospital, cid, signal);
    expect(noted).toEqual([
      [false, CEDAR],
      [true, ALDER, CEDAR],
    ]);
  });

  test('attack 40: one hospital has so many without a record, and leaves room for every other', async () => {
    const copies = copiesOf(birch, 3);
    const parts = await Promise.all(['1', '2', '3', '4'].map((text) => partAt(scene.alder, text)));
    // What is asked for again takes no further place.
    for (const cid of [...parts.slice(0, 3), ...parts.slice(0, 3)]) await copies.keep(CEDAR, cid, signal);
    const [last = ''] = parts.slice(3);
    await expect(copies.keep(CEDAR, last, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(pinsOf(birch)).not.toContain(last);
    await copies.keep(ALDER, last, signal);
    expect(await copies.keeps(last, signal)).toBe(true);
  });

  test('attack 40: a hospital that gives up what it asked for twice at once still has that counted', async () => {
    const copies = copiesOf(birch, 1);
    scene.consortium.swarm.absent.add(ALDER);
    const cid = await partAt(scene.consortium.gateway(2), 'a part');
    scene.consortium.swarm.absent.add(CEDAR);
    const leaving = new AbortController();
    const asked = [leaving.signal, signal].map((one) => copies.keep(CEDAR, cid, one));
    leaving.abort();
    await expect(asked[0]).rejects.toThrow();
    scene.consortium.swarm.absent.clear();
    await asked[1];
    expect(pinsOf(birch)).toContain(cid);
    const other = await partAt(scene.alder, 'another part');
    await expect(copies.keep(CEDAR, other, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  test('a part that no hospital has takes a place until the next round', async () => {
    const copies = copiesOf(birch, 1);
    const nowhere = partDag(Buffer.from('nowhere')).cid;
    await expect(copies.keep(CEDAR, nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const cid = await partAt(scene.alder, 'a part');
    await expect(copies.keep(CEDAR, cid, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    later(120_000);
    await birch.reconcile();
    await copies.keep(CEDAR, cid, signal);
  });

  test('take no place once a record of their hospital names them', async () => {
    const copies = copiesOf(birch, 1);
    const { cid } = await storePart(scene, 'one');
    await copies.keep(ALDER, cid, signal);
    await birch.reconcile();
    expect(new CopyJournal(birch.deps.state).counts()).toEqual(new Map());
    await copies.keep(ALDER, cid, signal);
    await copies.keep(ALDER, await partAt(scene.alder, 'a part'), signal);
  });

  test('of one hospital stay noted while a record of another one names them, as long as an upload may take', async () => {
    const { cid } = await storePart(scene, 'one');
    await copiesOf(birch).keep(CEDAR, cid, signal);
    const noted = () => new CopyJournal(birch.deps.state).of(cid).map(({ hospital }) => hospital);
    await birch.reconcile();
    later(71 * HOUR_MS);
    await birch.reconcile();
    expect(noted()).toEqual([CEDAR]);
    later(2 * HOUR_MS);
    await birch.reconcile();
    expect(noted()).toEqual([]);
  });

  test('that no record names are given back with their places after the longest upload', async () => {
    const copies = copiesOf(birch, 1);
    const cid = await partAt(scene.alder, 'a part');
    await copies.keep(CEDAR, cid, signal);
    await birch.reconcile();
    later(73 * HOUR_MS);
    // Asking again makes it no younger.
    await copies.keep(CEDAR, cid, signal);
    expect(await birch.reconcile()).toMatchObject({ unreferencedDropped: 1 });
    later(120_000);
    await birch.reconcile();
    await copies.keep(CEDAR, await partAt(scene.alder, 'another part'), signal);
  });

  test('are logged by hospital, as numbers only', async () => {
    const { copies } = birch.services;
    const cid = await partAt(scene.alder, 'a part');
    const nowhere = partDag(Buffer.from('nowhere')).cid;
    for (const part of [cid, cid, nowhere]) await copies.keep(CEDAR, part, signal).catch(() => undefined);
    await birch.reconcile();
    const told = () => scene.consortium.log.lines.filter((line) => line.includes('asked for copies'));
    const answers = { KEPT: 2, NOT_FOUND: 1 };
    expect(told().map((line): unknown => JSON.parse(line))).toEqual([
      { level: 'info', message: 'a hospital asked for copies', hospital: CEDAR, answers, withoutRecord: 2 },
    ]);
    await birch.reconcile();
    expect(told()).toHaveLength(1);
  });
});

describe('attack 40: copies asked for again and again do not keep an erasure from being confirmed', () => {
  /** Asks for parts before each removal and during it. */
  function askAllTheTime(copies: Copies, parts: readonly string[]): () => Promise<void> {
    const ask = async (): Promise<void> => {
      for (const part of parts) await copies.keep(CEDAR, part, signal).catch(() => undefined);
    };
    const remove = birch.deps.storage.remove.bind(birch.deps.storage);
    birch.deps.storage.remove = async (...given) => {
      await ask();
      return remove(...given);
    };
    return ask;
  }

  test.each([
    ['the part itself', (cid: string) => Promise.resolve(cid)],
    ['the part under another codec', (cid: string) => Promise.resolve(withOtherCodec(cid))],
    ['a leaf as a part of its own', (cid: string) => leafAsPart(scene, cedar, cid)],
  ])('%s', async (_what, wanted) => {
    const { recordId, cid } = await storePart(scene, randomBytes(2 * MIB));
    await birch.reconcile();
    later(1_000);
    const part = await wanted(cid);
    const blocks = birch.disk.parts.get(cid)?.part.blocks ?? [];
    expect(blocks.length).toBeGreaterThan(1);
    const copies = copiesOf(birch);
    const ask = askAllTheTime(copies, [part]);
    await ask();
    expect(pinsOf(birch)).toContain(part);
    await orderErasure(scene, recordId);
    await ask();
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    await ask();
    expect(blocks.filter((block) => hasBlock(birch, block))).toEqual([]);
    await expect(copies.keep(CEDAR, part, signal)).rejects.toMatchObject({ code: 'ERASED' });
  });

  test('by a request that is under way during the removal', async () => {
    const { recordId, cid } = await storePart(scene, 'to be erased');
    await birch.reconcile();
    later(1_000);
    const { absent } = scene.consortium.swarm;
    await orderErasure(scene, recordId);
    empty(birch);
    for (const { mspId } of [scene.alder, cedar]) absent.add(mspId);
    const asked = copiesOf(birch).keep(CEDAR, cid, signal);
    const outcome = expect(asked).rejects.toMatchObject({ code: 'ERASED' });
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    absent.clear();
    await outcome;
    expect(pinsOf(birch)).toEqual([]);
  });

  test('longer than an upload may take, by a hospital that asked before the record was known here', async () => {
    const { recordId, cid } = await storePart(scene, 'to be erased');
    const copies = copiesOf(birch);
    await copies.keep(CEDAR, cid, signal);
    later(1_000);
    await birch.reconcile();
    await orderErasure(scene, recordId);
    for (const hours of [0, 36, 37]) {
      later(hours * HOUR_MS);
      await copies.keep(CEDAR, cid, signal);
      await birch.reconcile();
    }
    expect(pinsOf(birch)).toEqual([]);
    await expect(copies.keep(CEDAR, cid, signal)).rejects.toMatchObject({ code: 'ERASED' });
  });

  test('nor what a live record names from being kept', async () => {
    const { recordId, cid } = await storePart(scene, 'to be erased');
    await birch.reconcile();
    await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    await new ContentIndex(birch.deps.state).note(
      { recordId: 'names it again' as RecordId, version: 1, author: ALDER, cids: [cid] },
      1,
    );
    await copiesOf(birch).keep(CEDAR, cid, signal);
    expect(pinsOf(birch)).toContain(cid);
  });
});

describe('attack 40: a hospital that registers another’s upload under way as its own and erases that takes none of its copies away', () => {
  /** A record of alder's, the attacker here, that names what it says; birch learns of it. */
  async function hostileRecordOf(...cids: readonly string[]): Promise<RecordId> {
    const { recordId } = await storePart(scene, 'bait');
    await new ContentIndex(birch.deps.state).note(
      { recordId, version: 1, author: ALDER, cids },
      birch.deps.nowMs(),
    );
    return recordId;
  }

  test.each([
    ['by its part', (cid: string) => Promise.resolve(cid)],
    ['by its part under another codec', (cid: string) => Promise.resolve(withOtherCodec(cid))],
    ['by a leaf of it', (cid: string) => leafAsPart(scene, scene.alder, cid)],
  ])('%s', async (_what, named) => {
    const copies = copiesOf(birch);
    const cid = await partAt(cedar, randomBytes(2 * MIB));
    const part = await named(cid);
    // The attacker asked for it first, and asks again.
    await copies.keep(ALDER, cid, signal);
    await copies.keep(CEDAR, cid, signal);
    later(1_000);
    const recordId = await hostileRecordOf(part);
    await copies.keep(ALDER, cid, signal);
    for (const minutes of [0, 5, 60]) {
      later(minutes * 60_000);
      await birch.reconcile();
    }
    await orderErasure(scene, recordId);
    for (const minutes of [0, 5, 60]) {
      later(minutes * 60_000);
      expect(await birch.reconcile()).toMatchObject({ erasuresConfirmed: 0 });
      expect(await copies.keeps(cid, signal)).toBe(true);
      await copies.keep(CEDAR, cid, signal);
    }
  });

  test('also when the upload is registered while the removal is under way', async () => {
    const copies = copiesOf(birch);
    const cid = await partAt(cedar, randomBytes(2 * MIB));
    await copies.keep(CEDAR, cid, signal);
    later(1_000);
    const leaf = await leafAsPart(scene, scene.alder, cid);
    await orderErasure(scene, await hostileRecordOf(leaf));
    const remove = birch.deps.storage.remove.bind(birch.deps.storage);
    birch.deps.storage.remove = async (...given) => {
      await new ContentIndex(birch.deps.state).note(
        { recordId: 'of cedar' as RecordId, version: 1, author: CEDAR, cids: [cid] },
        1,
      );
      new CopyJournal(birch.deps.state).registered([cid], CEDAR);
      return remove(...given);
    };
    expect(await birch.services.erasures.confirmPending()).toBe(0);
    expect(await copies.keeps(cid, signal)).toBe(true);
  });

  test('nor ends a request for it that is under way during the removal', async () => {
    const copies = copiesOf(birch);
    const cid = await partAt(cedar, randomBytes(2 * MIB));
    const leaf = await leafAsPart(scene, cedar, cid);
    const { absent } = scene.consortium.swarm;
    absent.add(CEDAR);
    const asked = copies.keep(CEDAR, cid, signal);
    later(1_000);
    const recordId = await hostileRecordOf(leaf);
    await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    absent.clear();
    await asked;
    expect(await copies.keeps(cid, signal)).toBe(true);
  });
});
