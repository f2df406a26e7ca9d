// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PinPage } from '../../domain/record.js';
import { requireReseal, RETIREMENT_DELAY_MS, type SignedObjection } from '../../domain/retirement.js';
import { erasureBy } from '../../testing/erasure.js';
import { written } from '../../testing/expect-writes.js';
import { guardianOf, newGuardian } from '../../testing/guardian.js';
import type { Identity } from '../../testing/identity.js';
import { signed, type TestPatient } from '../../testing/patient.js';
import type { PreparedRecord, SegmentPlan } from '../../testing/record.js';
import { objectionTo, retirementBy } from '../../testing/retirement.js';
import { seeAct } from '../../testing/sighting.js';
import { TestWorld } from '../../testing/world.js';
import { fetchNotices } from '../../testing/notices.js';

const NOW = '2026-03-01T08:00:00.000Z';
const CHART: readonly SegmentPlan[] = [{ category: 'summary' }, { category: 'notes' }];
let base: TestWorld;
let world: TestWorld;
let author: Identity;
let patient: TestPatient;
let first: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found();
  author = await base.practitioner(base.hospital(0), 'physician');
  patient = await base.patient(base.hospital(0));
  first = await base.store(author, patient, CHART);
});
beforeEach(() => {
  world = base.fork();
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const recordId = () => first.request.recordId;
const place = (version = 1) => ({ recordId: recordId(), version });
const word = (version = 1) => retirementBy(world, patient, place(version));
/** Retires a version at once, on the patient's signature. */
const retire = (by: Identity = author, version = 1) =>
  world.run(by, 'record:Retire', { ...place(version), patient: word(version) });
/** Orders it without the patient's signature; the transaction is the order's name. */
const order = async (by: Identity = author, version = 1) =>
  (await world.run(by, 'record:Retire', place(version))).txId;
const complete = (orderTxId: string, by = world.hospital(0).gateway) =>
  world.run(by, 'record:CompleteRetirement', { ...place(), orderTxId });
const cancel = (orderTxId: string, by: Identity, objection?: SignedObjection) =>
  world.run(by, 'record:CancelRetirement', { ...place(), orderTxId, ...(objection && { objection }) });
const manifest = (version: number, by: Identity = author) =>
  world.run(by, 'record:GetManifest', { recordId: recordId(), version });

async function next(segments: readonly SegmentPlan[] = CHART, version = 2): Promise<PreparedRecord> {
  const prepared = await world.prepare(patient, segments, { recordId: recordId(), version });
  await world.register(author, prepared);
  return prepared;
}

describe('record:Retire', () => {
  test('on the patient’s signature purges what opens the old version, keeps its public anchor, and orders its blocks away', async () => {
    await next();
    const asked = { ...place(), patient: word() };
    const { writes, audit, txId, answer } = await written(world, author, 'record:Retire', asked);
    const order = {
      ...{ v: 1, ...place(), replacedBy: 2, handle: patient.handle, orderedAt: NOW, txId },
      by: { mspId: 'AlderMSP', practitionerId: author.id },
      ended: { as: 'completed', at: NOW, txId },
    };
    const { [`record/${recordId()}/0000001`]: anchor, ...others } = writes;
    expect(anchor).toMatchObject({ status: 'erased', manifestHash: first.request.manifestHash });
    expect(others).toMatchObject({ [`retirement/${recordId()}/0000001`]: order });
    expect(answer).toEqual({ ...order, confirmations: {}, complete: false });
    expect(audit).toMatchObject({ act: 'record-retired', handle: patient.handle, recordIds: [recordId()] });
    await refuse(manifest(1), 'ERASED');
    expect((await manifest(2)).answer).toMatchObject({ version: 2 });
    await refuse(retire(), 'ALREADY_EXISTS');
  });

  test('attack 41: the patient’s signature for the version that was looked at destroys nothing once another has its place', async () => {
    const sealedAnew = await world.prepare(patient, CHART, { recordId: recordId(), version: 2 });
    const patientsWord = retirementBy(world, patient, place(), sealedAnew.request.manifestHash);
    const rubbish = await next();
    expect(rubbish.request.manifestHash).not.toBe(sealedAnew.request.manifestHash);
    await refuse(world.run(author, 'record:Retire', { ...place(), patient: patientsWord }), 'BAD_REQUEST');
    const { statement } = patientsWord;
    const moved = { ...statement, manifestHash: rubbish.request.manifestHash };
    await refuse(
      world.run(author, 'record:Retire', { ...place(), patient: { ...patientsWord, statement: moved } }),
      'SIGNATURE_INVALID',
    );
    expect((await manifest(1)).answer).toMatchObject({ version: 1 });
  });

  test('attack 17: neither another hospital nor a role that writes less can retire, nor a process', async () => {
    await next();
    const foreign = await world.practitioner(world.hospital(1), 'physician');
    await refuse(retire(foreign), 'NOT_FOUND');
    const pharmacist = await world.practitioner(world.hospital(0), 'pharmacist');
    await refuse(retire(pharmacist), 'ROLE_NOT_ENTITLED');
    await refuse(retire(world.hospital(0).gateway), 'CALLER_NOT_ENTITLED');
    await refuse(retire(world.hospital(0).registrar), 'CALLER_UNKNOWN');
    const nurse = await world.practitioner(world.hospital(0), 'nurse');
    expect((await retire(nurse)).answer).toMatchObject({ replacedBy: 2 });
  });

  test('attack 17: history that was not sealed anew cannot be made to vanish', async () => {
    await refuse(retire(), 'CONFLICT');
    for (const changed of [
      [{ category: 'summary' }],
      [{ category: 'notes' }, { category: 'summary' }],
      [{ category: 'summary' }, { category: 'notes', dateBucket: '2026-01' }],
      [{ category: 'summary' }, { category: 'notes' }, { category: 'notes' }],
    ] as const) {
      world = base.fork();
      await next(changed);
      await refuse(retire(), 'CONFLICT');
    }
    await refuse(retire(author, 2), 'CONFLICT');
    await refuse(retire(author, 3), 'NOT_FOUND');
  });

  test('a newer version that keeps a key or a part of the old is no reseal, nor one of another size', async () => {
    const { manifest } = await next().then(({ vault }) => vault);
    const old = first.vault.manifest;
    const change = (of: object) => ({
      ...manifest,
      segments: manifest.segments.map((one, at) => (at === 0 ? { ...one, ...of } : one)),
    });
    const check = (newer: Parameters<typeof requireReseal>[1]) => () => {
      requireReseal(old, newer);
    };
    expect(check(manifest)).not.toThrow();
    const [kept] = old.segments;
    expect(check(change({ com: kept?.com }))).toThrow('still uses');
    expect(check(change({ parts: kept?.parts }))).toThrow('still uses');
    expect(check(change({ size: 101 }))).toThrow('not this one');
    expect(check(change({ securityLabels: ['R'] }))).toThrow('not this one');
  });

  test('attack 16: an intent from before opens nothing afterwards, and a new one is refused', async () => {
    const reader = await world.practitioner(world.hospital(1), 'physician');
    await world.grant(patient, { grantee: { kind: 'hospital', mspId: reader.mspId } });
    const before = await world.declare(reader, first);
    const resealed = await next();
    await retire();
    const context = await world.run(world.hospital(0).custodian, 'access:GetReleaseContext', {
      intentId: before.intentId,
    });
    expect(context.answer).toMatchObject({ records: [{ version: { status: 'erased' } }], capsules: [] });
    const after = await world.declare(reader, first);
    expect(after.segments.map((one) => one.decision === 'deny' && one.code)).toEqual(['ERASED', 'ERASED']);
    const again = await world.declare(reader, resealed);
    expect(again.segments.map(({ decision }) => decision)).toEqual(['permit', 'permit']);
  });

  test('the content stays wished under its new parts alone, and the patient can still erase all of it', async () => {
    const resealed = await next();
    await retire();
    const pins = await world.run(world.hospital(2).gateway, 'record:ListPins', { pageSize: 10 });
    const cids = resealed.vault.manifest.segments.flatMap(({ parts }) => parts.map(({ cid }) => cid));
    expect(pins.answer).toEqual({
      versions: [{ recordId: recordId(), version: 2, author: world.hospital(0).mspId, cids }],
    });
    const erasure = erasureBy(world, patient, recordId());
    const { statement } = erasure;
    await world.run(author, 'record:Erase', erasure);
    const empty = await world.run(world.hospital(2).gateway, 'record:ListPins', { pageSize: 10 });
    expect(empty.answer).toEqual({ versions: [] });
    const twice = {
      ...statement,
      erasureId: world.ownId('erasure', patient.handle),
      nonce: world.names.nonce(),
    };
    await refuse(world.run(author, 'record:Erase', signed(patient, twice)), 'ERASED');
  });
});

describe('a retirement without the patient’s signature', () => {
  test('attack 41: one person’s rubbish destroys nothing before a week in public, and everybody gets a notice', async () => {
    await next();
    const orderTxId = await order();
    expect((await manifest(1)).answer).toMatchObject({ version: 1 });
    await refuse(order(), 'ALREADY_EXISTS');
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
    world.ledger.advance(RETIREMENT_DELAY_MS);
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
    await seeAct(world, orderTxId, [world.hospital(0)]);
    world.ledger.advance(RETIREMENT_DELAY_MS);
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
    await seeAct(world, orderTxId, [world.hospital(1)]);
    world.ledger.advance(RETIREMENT_DELAY_MS - 1);
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
    const pins = await world.run(world.hospital(2).gateway, 'record:ListPins', { pageSize: 10 });
    const old = first.vault.manifest.segments.flatMap(({ parts }) => parts.map(({ cid }) => cid));
    expect((pins.answer as PinPage).versions).toMatchObject([{ version: 1, cids: old }, { version: 2 }]);
    const open = await world.run(world.hospital(1).gateway, 'record:ListRetirements', { unconfirmed: true });
    expect(open.answer).toEqual({ retirements: [] });
    const early = { ...place(), blocksRemoved: 4, blocksHash: world.names.bytes32() };
    await refuse(
      world.run(world.hospital(1).gateway, 'record:ConfirmRetirement', early),
      'FORBIDDEN_TRANSITION',
    );
    const officer = await world.practitioner(world.hospital(0), 'privacy-officer');
    const fetched = await fetchNotices(world, officer);
    expect(fetched.notices).toMatchObject([
      { cause: 'retirement-ordered', record: place(), txId: orderTxId },
    ]);
    world.ledger.advance(1);
    await refuse(complete(orderTxId, world.hospital(1).gateway), 'CALLER_NOT_ENTITLED');
    await refuse(complete(orderTxId, author), 'CALLER_NOT_ENTITLED');
    await complete(orderTxId);
    await refuse(manifest(1), 'ERASED');
    expect((await manifest(2)).answer).toMatchObject({ version: 2 });
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
  });

  test('attack 41: the patient or a guardian keeps the old version, and then only the patient’s signature ends it', async () => {
    const guardian = newGuardian(world);
    const { gateway } = world.hospital(0);
    await world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    await next();
    const orderTxId = await order();
    const { guardianId } = guardian;
    const named = { ...place(), orderTxId: orderTxId as never };
    const away = world.hospital(2).gateway;
    const stranger = await world.patient(world.hospital(0));
    await refuse(cancel(orderTxId, away, objectionTo(world, named, patient, stranger)), 'SIGNATURE_INVALID');
    const elsewhere = objectionTo(world, { ...named, version: 2 }, patient, patient);
    await refuse(cancel(orderTxId, away, elsewhere), 'BAD_REQUEST');
    await cancel(orderTxId, away, objectionTo(world, named, patient, guardian, { guardianId }));
    await refuse(complete(orderTxId), 'FORBIDDEN_TRANSITION');
    await refuse(order(), 'FORBIDDEN_TRANSITION');
    expect((await manifest(1)).answer).toMatchObject({ version: 1 });
    await retire();
    await refuse(manifest(1), 'ERASED');
  });

  test('is cancelled at the author’s hospital by the privacy officer or who writes such records, and by no other', async () => {
    await next();
    const home = world.hospital(0);
    const foreign = await world.practitioner(world.hospital(1), 'privacy-officer');
    const pharmacist = await world.practitioner(home, 'pharmacist');
    const first = await order();
    await refuse(cancel(first, foreign), 'CALLER_NOT_ENTITLED');
    await refuse(cancel(first, pharmacist), 'ROLE_NOT_ENTITLED');
    await refuse(cancel(first, home.gateway), 'CALLER_NOT_ENTITLED');
    await cancel(first, await world.practitioner(home, 'privacy-officer'));
    const second = await order();
    await refuse(complete(first), 'CONFLICT');
    await refuse(cancel(first, author), 'CONFLICT');
    await cancel(second, await world.practitioner(home, 'nurse'));
    expect((await manifest(1)).answer).toMatchObject({ version: 1 });
  });

  test('attack 39: the patient’s signature is about one version, and counts once', async () => {
    await next();
    const about = (version: number) => retirementBy(world, patient, place(version));
    await refuse(world.run(author, 'record:Retire', { ...place(), patient: about(2) }), 'BAD_REQUEST');
    const other = await world.patient(world.hospital(0));
    const foreign = retirementBy(world, { ...other, handle: patient.handle }, place());
    await refuse(world.run(author, 'record:Retire', { ...place(), patient: foreign }), 'SIGNATURE_INVALID');
    expect((await manifest(1)).answer).toMatchObject({ version: 1 });
  });

  test('is pointless once the patient has the record erased, and its completion ends it without one', async () => {
    await next();
    const orderTxId = await order();
    await seeAct(world, orderTxId);
    await world.run(author, 'record:Erase', erasureBy(world, patient, recordId()));
    world.ledger.advance(RETIREMENT_DELAY_MS);
    expect((await complete(orderTxId)).answer).toMatchObject({ ended: { as: 'cancelled' } });
    const acts = await world.run(world.hospital(0).gateway, 'custody:ListPendingActs', {});
    expect(acts.answer).toEqual({ acts: [] });
  });

  test('of a version between two goes on when the later one was retired before it', async () => {
    await next();
    const orderTxId = await order();
    await seeAct(world, orderTxId);
    await next(CHART, 3);
    await retire(author, 2);
    world.ledger.advance(RETIREMENT_DELAY_MS);
    await complete(orderTxId);
    await refuse(manifest(1), 'ERASED');
    expect((await manifest(3)).answer).toMatchObject({ version: 3 });
  });
});

describe('the confirmations of a retirement', () => {
  test('come from every hospital’s own process, once each, and make it complete', async () => {
    await next();
    await retire();
    const asked = { recordId: recordId(), version: 1 };
    const confirmation = { ...asked, blocksRemoved: 4, blocksHash: world.names.bytes32() };
    await refuse(world.run(author, 'record:ConfirmRetirement', confirmation), 'CALLER_NOT_ENTITLED');
    const elsewhere = { ...confirmation, version: 2 };
    await refuse(world.run(world.hospital(0).gateway, 'record:ConfirmRetirement', elsewhere), 'NOT_FOUND');
    const state = async () => (await world.run(author, 'record:GetRetirement', asked)).answer;
    for (const { gateway } of world.hospitals) {
      expect(await state()).toMatchObject({ complete: false });
      const open = await world.run(gateway, 'record:ListRetirements', { unconfirmed: true });
      expect(open.answer).toMatchObject({ retirements: [asked] });
      const { audit } = await written(world, gateway, 'record:ConfirmRetirement', confirmation);
      expect(audit).toMatchObject({ act: 'retirement-confirmed', recordIds: [recordId()] });
      await refuse(world.run(gateway, 'record:ConfirmRetirement', confirmation), 'ALREADY_EXISTS');
      const left = await world.run(gateway, 'record:ListRetirements', { unconfirmed: true });
      expect(left.answer).toEqual({ retirements: [] });
    }
    expect(await state()).toMatchObject({ complete: true, replacedBy: 2 });
    const stranger = await world.practitioner(world.hospital(2), 'physician');
    await refuse(world.run(stranger, 'record:GetRetirement', asked), 'NOT_FOUND');
    await refuse(world.run(author, 'record:ListRetirements', {}), 'CALLER_NOT_ENTITLED');
  });
});
