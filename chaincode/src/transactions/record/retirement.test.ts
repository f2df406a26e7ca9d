// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { requireReseal } from '../../domain/retirement.js';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import { signed, type TestPatient } from '../../testing/patient.js';
import type { PreparedRecord, SegmentPlan } from '../../testing/record.js';
import { TestWorld } from '../../testing/world.js';

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
const retire = (by: Identity = author, version = 1) =>
  world.run(by, 'record:Retire', { recordId: recordId(), version });

async function next(segments: readonly SegmentPlan[] = CHART, version = 2): Promise<PreparedRecord> {
  const prepared = await world.prepare(patient, segments, { recordId: recordId(), version });
  await world.register(author, prepared);
  return prepared;
}

describe('record:Retire', () => {
  test('purges what opens the old version, keeps its public anchor, and orders its blocks away', async () => {
    await next();
    const asked = { recordId: recordId(), version: 1 };
    const { writes, audit, txId, answer } = await written(world, author, 'record:Retire', asked);
    const order = {
      ...{ v: 1, ...asked, replacedBy: 2, handle: patient.handle, orderedAt: NOW, txId },
      by: { mspId: 'AlderMSP', practitionerId: author.id },
    };
    const { [`record/${recordId()}/0000001`]: anchor, ...others } = writes;
    expect(anchor).toMatchObject({ status: 'erased', manifestHash: first.request.manifestHash });
    expect(others).toMatchObject({ [`retirement/${recordId()}/0000001`]: order });
    expect(answer).toEqual({ ...order, confirmations: {}, complete: false });
    expect(audit).toMatchObject({ act: 'record-retired', handle: patient.handle, recordIds: [recordId()] });
    const manifest = (version: number) =>
      world.run(author, 'record:GetManifest', { recordId: recordId(), version });
    await refuse(manifest(1), 'ERASED');
    expect((await manifest(2)).answer).toMatchObject({ version: 2 });
    await refuse(retire(), 'ALREADY_EXISTS');
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
    expect(pins.answer).toEqual({ versions: [{ recordId: recordId(), version: 2, cids }] });
    const erasureId = world.names.id('erasure');
    const order = { v: 1, kind: 'erasure', channel: 'tutela', erasureId, recordId: recordId() };
    const statement = {
      ...{ ...order, handle: patient.handle, signedAt: world.ledger.now, nonce: world.names.nonce() },
    };
    await world.run(author, 'record:Erase', signed(patient, statement));
    const empty = await world.run(world.hospital(2).gateway, 'record:ListPins', { pageSize: 10 });
    expect(empty.answer).toEqual({ versions: [] });
    const twice = { ...statement, erasureId: world.names.id('erasure'), nonce: world.names.nonce() };
    await refuse(world.run(author, 'record:Erase', signed(patient, twice)), 'ERASED');
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
