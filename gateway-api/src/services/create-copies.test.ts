// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { erasureStatement, type EraseRecord, type Month, type MspId } from '@tutela/chaincode/domain';
import { signed } from '@tutela/chaincode/testing';
import { partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { memoryAttempt, setScene, type Scene, type TestGateway } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { createCopies } from './create-copies.js';
import { PartJournal } from './part-journal.js';

const HONEST = 'AlderMSP' as MspId;
const HOSTILE = 'CedarMSP' as MspId;
const { signal } = new AbortController();

let scene: Scene;
let birch: TestGateway;

beforeEach(async () => {
  scene = await setScene();
  birch = scene.consortium.gateway(1);
});

/** A part that a hospital's node has, and that no record names. */
async function partAt(gateway: TestGateway, text: string): Promise<string> {
  return (await gateway.deps.storage.add(Buffer.from(text))).cid;
}

function copiesOf({ deps }: TestGateway, most?: number): ReturnType<typeof createCopies> {
  const journals = { parts: new PartJournal(deps.state), content: new ContentIndex(deps.state) };
  return createCopies({ ...deps, ...journals }, most);
}

async function storedByAlder(content: string): Promise<Readonly<{ recordId: string; cid: string }>> {
  const { alder, patient, author } = scene;
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(content));
  })();
  const facts = {
    ...({ category: 'notes', class: 'standard', contentType: 'text/plain' } as const),
    ...{ handle: patient.handle, month: '2026-02' as Month },
  };
  const before = new Set(heldBy(alder));
  const { recordId } = await alder.services.storeRecord.storeContent(author, facts, body, memoryAttempt());
  const [cid = ''] = heldBy(alder).filter((one) => !before.has(one));
  return { recordId, cid };
}

function order(recordId: string): EraseRecord {
  const { patient } = scene;
  const { world } = scene.consortium;
  const erasureId = world.ownId('erasure', patient.handle);
  const statement = {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', recordId, handle: patient.handle },
    ...{ erasureId, signedAt: world.ledger.now, nonce: world.names.nonce() },
  };
  return signed(patient, erasureStatement(statement, 'statement'));
}

function heldBy({ mspId }: TestGateway): readonly string[] {
  return [...scene.consortium.swarm.diskOf(mspId).pinned];
}

describe('copies for other hospitals', () => {
  test('are kept, and known as kept', async () => {
    const copies = copiesOf(birch);
    const cid = await partAt(scene.alder, 'a part');
    expect(await copies.keeps(cid, signal)).toBe(false);
    await copies.keep(HONEST, cid, signal);
    expect(await copies.keeps(cid, signal)).toBe(true);
  });

  test('attack 40: one hospital has so many without a record, and leaves room for every other', async () => {
    const copies = copiesOf(birch, 3);
    const parts = await Promise.all(['1', '2', '3', '4'].map((text) => partAt(scene.alder, text)));
    for (const cid of parts.slice(0, 3)) await copies.keep(HOSTILE, cid, signal);
    // What is here already takes no further place.
    for (const cid of parts.slice(0, 3)) await copies.keep(HOSTILE, cid, signal);
    const [last = ''] = parts.slice(3);
    await expect(copies.keep(HOSTILE, last, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await copies.keep(HONEST, last, signal);
    expect(await copies.keeps(last, signal)).toBe(true);
  });

  test('a part that nobody offers takes no place', async () => {
    const copies = copiesOf(birch, 1);
    const nowhere = partDag(Buffer.from('nowhere')).cid;
    await expect(copies.keep(HOSTILE, nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await copies.keep(HOSTILE, await partAt(scene.alder, 'a part'), signal);
  });

  test('what a record names takes no place', async () => {
    const copies = copiesOf(birch, 1);
    await storedByAlder('one');
    await storedByAlder('two');
    await birch.reconcile();
    for (const cid of heldBy(scene.alder)) await copies.keep(HONEST, cid, signal);
    await copies.keep(HONEST, await partAt(scene.alder, 'a part'), signal);
    scene.consortium.world.ledger.advance(120_000);
    await birch.reconcile();
    const late = await partAt(scene.alder, 'another part');
    await expect(copies.keep(HONEST, late, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('an ordered destruction', () => {
  async function eraseAndConfirm(recordId: string): Promise<number> {
    await scene.alder.services.erasures.order({ kind: 'gateway' }, order(recordId));
    return birch.services.erasures.confirmPending();
  }

  test('attack 40: copies asked for again and again do not keep an erasure from being confirmed', async () => {
    const { recordId, cid } = await storedByAlder('to be erased');
    await birch.reconcile();
    const copies = copiesOf(birch);
    scene.consortium.world.ledger.advance(1_000);
    const alias = withOtherCodec(cid);
    const asked = [cid, alias];
    for (const part of asked) await copies.keep(HOSTILE, part, signal).catch(() => undefined);
    const remove = birch.deps.storage.remove.bind(birch.deps.storage);
    birch.deps.storage.remove = async (...given) => {
      for (const part of asked) await copies.keep(HOSTILE, part, signal).catch(() => undefined);
      return remove(...given);
    };
    expect(await eraseAndConfirm(recordId)).toBe(1);
    expect(scene.consortium.swarm.diskOf(birch.mspId).parts.size).toBe(0);
    for (const part of asked)
      await expect(copies.keep(HOSTILE, part, signal)).rejects.toMatchObject({ code: /ERASED|NOT_FOUND/ });
  });

  test('attack 40: a hospital that registers another’s upload under way as its own and erases that takes none of its copies away', async () => {
    const { recordId, cid } = await storedByAlder('hostile record');
    const copies = copiesOf(birch);
    // Cedar had the very part kept here for an upload of its own before this hospital knew Alder's record.
    await copies.keep(HOSTILE, cid, signal);
    scene.consortium.world.ledger.advance(1_000);
    await birch.reconcile();
    expect(await eraseAndConfirm(recordId)).toBe(0);
    expect(await copies.keeps(cid, signal)).toBe(true);
    await copies.keep(HOSTILE, cid, signal);
    expect(heldBy(birch)).toContain(cid);
  });
});
