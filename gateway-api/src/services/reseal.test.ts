// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RETIREMENT_DELAY_MS, type Category, type Month, type RecordId } from '@tutela/chaincode/domain';
import { objectionTo, retirementBy, seeAct } from '@tutela/chaincode/testing';
import {
  memoryAttempt,
  type Person,
  type Scene,
  setScene,
  storeNote,
  type TestGateway,
} from '../testing/index.js';
import { completeRetirements } from './complete-retirements.js';
import type { Reseal, Resealed } from './reseal.js';

let scene: Scene;
let consortium: Scene['consortium'];
let alder: Scene['alder'];
let birch: Scene['birch'];
let patient: Scene['patient'];
let author: Scene['author'];
let reader: Scene['reader'];

beforeEach(async () => {
  scene = await setScene();
  ({ consortium, alder, birch, patient, author, reader } = scene);
});

async function* bodyOf(content: string | Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(content));
}
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}
async function store(content: string | Buffer): Promise<RecordId> {
  return (await storeNote(scene, content)).recordId;
}
const allow = (of: Person, { mspId }: TestGateway, categories?: readonly Category[]) =>
  consortium.world.grant(patient, {
    grantee: { kind: 'person', mspId, practitionerId: of.practitionerId },
    ...(categories && { categories }),
  });
/** Seals anew; the patient then signs that the old version goes at once. */
async function reseal(recordId: RecordId, attempt = memoryAttempt()): Promise<Resealed> {
  const done = await alder.services.reseal.reseal(author, { recordId, purpose: 'TREAT' }, attempt);
  await retire(recordId, done.manifestHash);
  return done;
}
/** Retires the first version: the patient signs that the one with a manifest takes its place. */
function retire(recordId: RecordId, manifestHash: string): ReturnType<Reseal['retire']> {
  const place = { recordId, version: 1 };
  const patientsWord = retirementBy(consortium.world, patient, place, manifestHash);
  return alder.services.reseal.retire(author, { ...place, patient: patientsWord }, memoryAttempt());
}
async function open(recordId: RecordId, at = birch, by = reader): Promise<string> {
  const request = { recordId, purpose: 'TREAT', basis: { kind: 'consent' } } as const;
  return textOf((await at.services.openRecord.openRecord(by, request)).body);
}
/** Every hospital notes which parts each record names, as it does at each registration. */
async function noteParts(): Promise<void> {
  for (const gateway of consortium.gateways) await gateway.reconcile();
}
async function letGo(): Promise<void> {
  for (const { services } of consortium.gateways) await services.erasures.confirmPending();
}
const partsAt = () =>
  consortium.gateways.map(({ mspId }) => [...consortium.swarm.diskOf(mspId).parts.keys()]);

describe('a reseal', () => {
  test('keeps the content byte for byte under new keys and CIDs, and every hospital lets go of the old blocks', async () => {
    const content = Buffer.alloc(3 << 20, 'potassium ');
    const recordId = await store(content);
    await allow(author, alder);
    await allow(reader, birch);
    await noteParts();
    const before = partsAt();
    const done = await reseal(recordId);
    expect(done).toMatchObject({ recordId, version: 2, retirementOrder: { version: 1 } });
    expect((await open(recordId)) === content.toString()).toBe(true);
    await letGo();
    const state = await alder.services.reseal.retirement(author, { recordId, version: 1 });
    expect(state).toMatchObject({
      complete: true,
      replacedBy: 2,
      by: { practitionerId: author.practitionerId },
    });
    const after = partsAt();
    for (const [at, old] of before.entries()) {
      expect(after[at]?.filter((cid) => old.includes(cid))).toEqual([]);
      expect(after[at]).toHaveLength(old.length);
    }
    expect((await open(recordId)) === content.toString()).toBe(true);
  });

  test('without the patient’s signature: the old version stands for a week in public, then the author’s gateway completes it', async () => {
    const recordId = await store('potassium 4.1');
    await allow(author, alder);
    await allow(reader, birch);
    await noteParts();
    const before = partsAt();
    const asked = { recordId, purpose: 'TREAT' } as const;
    const { retirementOrder } = await alder.services.reseal.reseal(author, asked, memoryAttempt());
    const openOld = async () =>
      (await alder.deps.ledger.evaluate(author, 'record:GetManifest', { recordId, version: 1 })).version;
    const finish = (at: TestGateway) => completeRetirements(at.deps);
    expect(await finish(alder)).toBe(0);
    await letGo();
    expect(await openOld()).toBe(1);
    for (const [at, old] of before.entries()) expect(partsAt()[at]).toEqual(expect.arrayContaining(old));
    await seeAct(consortium.world, retirementOrder.txId);
    consortium.world.ledger.advance(RETIREMENT_DELAY_MS);
    expect(await finish(birch)).toBe(0);
    expect(await finish(alder)).toBe(1);
    expect(await finish(alder)).toBe(0);
    await expect(openOld()).rejects.toMatchObject({ code: 'ERASED' });
    await letGo();
    for (const [at, old] of before.entries())
      expect(partsAt()[at]?.filter((cid) => old.includes(cid))).toEqual([]);
    expect(await open(recordId)).toBe('potassium 4.1');
  });

  test('attack 41: the new version opens before the patient signs, and for another one the signature retires nothing', async () => {
    const recordId = await store('potassium 4.1');
    await allow(author, alder);
    await allow(reader, birch);
    const { services, deps } = alder;
    const { manifestHash } = await services.reseal.reseal(
      author,
      { recordId, purpose: 'TREAT' },
      memoryAttempt(),
    );
    expect(await open(recordId)).toBe('potassium 4.1');
    expect(await birch.services.records.get(reader, { recordId })).toMatchObject({
      version: 2,
      manifestHash,
    });
    const other = consortium.world.names.bytes32();
    await expect(retire(recordId, other)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const old = { recordId, version: 1 };
    expect(await deps.ledger.evaluate(author, 'record:GetManifest', old)).toMatchObject({ version: 1 });
    expect((await retire(recordId, manifestHash)).retirement.ended).toMatchObject({ as: 'completed' });
    await expect(deps.ledger.evaluate(author, 'record:GetManifest', old)).rejects.toMatchObject({
      code: 'ERASED',
    });
  });

  test('attack 41: what the patient objects to stays, and is not completed', async () => {
    const recordId = await store('potassium 4.1');
    await allow(author, alder);
    const asked = { recordId, purpose: 'TREAT' } as const;
    const { retirementOrder } = await alder.services.reseal.reseal(author, asked, memoryAttempt());
    await seeAct(consortium.world, retirementOrder.txId);
    const named = { recordId, version: 1, orderTxId: retirementOrder.txId };
    const objection = objectionTo(consortium.world, named, patient, patient);
    const kept = await birch.services.reseal.cancelRetirement(
      reader,
      { ...named, objection },
      memoryAttempt(),
    );
    expect(kept.retirement.ended).toMatchObject({ as: 'cancelled', objection: true });
    consortium.world.ledger.advance(RETIREMENT_DELAY_MS);
    expect(await completeRetirements(alder.deps)).toBe(0);
    const found = await alder.deps.ledger.evaluate(author, 'record:GetManifest', { recordId, version: 1 });
    expect(found.version).toBe(1);
  });

  test('of a Bundle puts its entries together in their old order', async () => {
    const entry = [
      { resource: { resourceType: 'Condition', id: 'c' } },
      { resource: { resourceType: 'MedicationRequest', id: 'm' } },
      { resource: { resourceType: 'Patient', id: 'p' } },
    ];
    const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
    const facts = { handle: patient.handle, month: '2026-02' as Month };
    const stored = await alder.services.storeRecord.storeBundle(
      author,
      facts,
      bodyOf(bundle),
      memoryAttempt(),
    );
    await allow(author, alder);
    await allow(reader, birch);
    const before = await open(stored.recordId);
    const done = await reseal(stored.recordId);
    const kinds = (of: typeof stored) => of.segments.map(({ category, size }) => [category, size]);
    expect(kinds(done)).toEqual(kinds(stored));
    expect(done.segments.length).toBeGreaterThan(1);
    expect(await open(stored.recordId)).toBe(before);
  });

  test('attack 16: an intent from before opens nothing afterwards', async () => {
    const recordId = await store('potassium 4.1');
    await allow(author, alder);
    await allow(reader, birch);
    const wanted = { recordId };
    const request = { handle: patient.handle, purpose: 'TREAT', basis: { kind: 'consent' }, wanted } as const;
    const { intentId, segments } = await birch.services.intents.declare(reader, request);
    const segmentId = segments[0]?.segmentId;
    if (segmentId === undefined) throw new Error('nothing permitted');
    const openOld = () => birch.services.openRecord.openSegment(reader, { intentId, segmentId });
    expect(await textOf((await openOld()).body)).toBe('potassium 4.1');
    await reseal(recordId);
    await expect(openOld()).rejects.toMatchObject({ code: 'ERASED' });
  });

  test('needs a consent that opens all of it: without one, or with half of one, nothing is stored', async () => {
    const recordId = await store('potassium 4.1');
    const stands = async () => {
      const found = await alder.deps.ledger.evaluate(author, 'record:Get', { recordId });
      expect([found.version, found.status, consortium.swarm.entered().size]).toEqual([1, 'current', 1]);
    };
    await expect(reseal(recordId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await stands();
    const entry = [
      { resource: { resourceType: 'MedicationRequest' } },
      { resource: { resourceType: 'Patient' } },
    ];
    const bundle = JSON.stringify({ resourceType: 'Bundle', entry });
    const facts = { handle: patient.handle, month: '2026-02' as Month };
    const { services } = alder;
    const half = await services.storeRecord.storeBundle(author, facts, bodyOf(bundle), memoryAttempt());
    await allow(author, alder, ['medication']);
    await expect(reseal(half.recordId)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    const found = await alder.deps.ledger.evaluate(author, 'record:Get', { recordId: half.recordId });
    expect(found.version).toBe(1);
  });

  test('attack 17: another hospital cannot, though the patient lets it read', async () => {
    const recordId = await store('potassium 4.1');
    await allow(reader, birch);
    const asked = { recordId, purpose: 'TREAT' } as const;
    await expect(birch.services.reseal.reseal(reader, asked, memoryAttempt())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(birch.services.reseal.retirement(reader, { recordId, version: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('attack 33: a retry after a crash at each step ends in one new version and one retirement', async () => {
    for (const [name, when] of [
      ['record:Register', 'before'],
      ['record:Register', 'after'],
      ['record:Retire', 'before'],
      ['record:Retire', 'after'],
    ] as const) {
      const recordId = await store('potassium 4.1');
      await allow(author, alder);
      await allow(reader, birch);
      const attempt = memoryAttempt();
      alder.deps.ledger.faults.push({ name, when, error: new Error('killed') });
      await expect(reseal(recordId, attempt)).rejects.toThrow('killed');
      expect(await reseal(recordId, attempt)).toMatchObject({ version: 2, retirementOrder: { version: 1 } });
      expect(await open(recordId)).toBe('potassium 4.1');
    }
  });

  test('attack 33: repeated after its retirement was cancelled it orders none again', async () => {
    const recordId = await store('potassium 4.1');
    await allow(author, alder);
    const keyed = { scope: 'client', key: 'key', digest: new Uint8Array(32) };
    const resealOnce = () =>
      alder.services.idempotency.run(keyed, (attempt) =>
        alder.services.reseal.reseal(author, { recordId, purpose: 'TREAT' }, attempt),
      );
    const done = await resealOnce();
    const orderTxId = done.retirementOrder.txId;
    await seeAct(consortium.world, orderTxId);
    const place = { recordId, version: 1 };
    await alder.services.reseal.cancelRetirement(author, { ...place, orderTxId }, memoryAttempt());
    expect(await resealOnce()).toEqual(done);
    const found = await alder.services.reseal.retirement(author, place);
    expect(found).toMatchObject({ txId: orderTxId, ended: { as: 'cancelled' } });
  });
});
