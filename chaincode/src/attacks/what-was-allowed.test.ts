// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Chart, foundChart } from '../testing/chart.js';
import type { Manifest, RecordVersion } from '../domain/record.js';
import { erasureBy } from '../testing/erasure.js';
import type { Identity } from '../testing/identity.js';
import { CommitFailure, commit, endorse } from '../testing/runner.js';

let base: Chart['base'];
let author: Chart['author'];
let reader: Chart['reader'];
let stranger: Identity;
let patient: Chart['patient'];
let record: Chart['record'];

beforeAll(async () => {
  ({ base, author, reader, patient, record } = await foundChart([
    { category: 'summary' },
    { category: 'laboratory' },
    { category: 'genetics', class: 'sealed' },
  ]));
  stranger = await base.practitioner(base.hospital(2), 'physician');
});

const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;
const under = (emergencyId: string) => ({ purpose: 'BTG', basis: { kind: 'emergency', emergencyId } });
const answers = (segments: readonly object[]): readonly unknown[] =>
  segments.map((segment) => ('code' in segment ? segment.code : 'permit'));

describe('what was allowed', () => {
  test('attack 12: an emergency reaches the summary, with a second and a foreign officer the chart, never what is sealed', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    const ask = async () => answers((await world.declare(reader, record, under(emergencyId))).segments);
    expect(await ask()).toEqual(['permit', 'OUTSIDE_SCOPE', 'OUTSIDE_SCOPE']);
    const second = await world.practitioner(world.hospital(1), 'nurse');
    await world.cosign(second, emergencyId);
    expect(await ask()).toEqual(['permit', 'OUTSIDE_SCOPE', 'OUTSIDE_SCOPE']);
    const officer = await world.practitioner(world.hospital(2), 'medical-officer');
    await world.approveFullScope(officer, emergencyId);
    expect(await ask()).toEqual(['permit', 'permit', 'OUTSIDE_SCOPE']);
    const cosigners = answers((await world.declare(second, record, under(emergencyId))).segments);
    expect(cosigners).toEqual(['EMERGENCY_NOT_OPEN', 'EMERGENCY_NOT_OPEN', 'ROLE_NOT_ENTITLED']);
    await world.run(reader, 'emergency:Close', { emergencyId });
    expect(await ask()).toEqual(Array(3).fill('EMERGENCY_NOT_OPEN'));
  });

  test('attack 44: one hospital’s co-signer neither ends nor cripples another hospital’s emergency', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    const ask = async () => answers((await world.declare(reader, record, under(emergencyId))).segments);
    const hostile = await world.practitioner(world.hospital(2), 'medical-officer');
    await world.cosign(hostile, emergencyId);
    await expect(world.run(hostile, 'emergency:Close', { emergencyId })).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    const change = { practitionerId: hostile.id, status: 'suspended' };
    await world.run(world.hospital(2).registrar, 'registry:ChangePractitioner', change);
    expect(await ask()).toEqual(['permit', 'OUTSIDE_SCOPE', 'OUTSIDE_SCOPE']);
    await world.cosign(await world.practitioner(world.hospital(1), 'nurse'), emergencyId);
    const officer = await world.practitioner(world.hospital(0), 'medical-officer');
    await world.approveFullScope(officer, emergencyId);
    expect(await ask()).toEqual(['permit', 'permit', 'OUTSIDE_SCOPE']);
    const again = await world.practitioner(world.hospital(1), 'nurse');
    await expect(world.cosign(again, emergencyId)).rejects.toMatchObject({ code: 'FORBIDDEN_TRANSITION' });
    await world.run(reader, 'emergency:Close', { emergencyId });
  });

  test('attack 12: a requester whose co-signer may act no more is shown no more of a record than an intent would open', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    const second = await world.practitioner(world.hospital(1), 'nurse');
    await world.cosign(second, emergencyId);
    await world.approveFullScope(await world.practitioner(world.hospital(2), 'medical-officer'), emergencyId);
    const shown = async () => {
      const { recordId } = record.request;
      const { answer } = await world.run(reader, 'record:GetManifest', { recordId });
      return (answer as Manifest).segments.map(({ category }) => category);
    };
    expect(await shown()).toEqual(['summary', 'laboratory']);
    const leave = { practitionerId: second.id, status: 'suspended' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', leave);
    expect(await shown()).toEqual(['summary']);
  });

  test('attack 12: an emergency for one patient opens nothing of another', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const emergencyId = await world.emergency(reader, other);
    const { segments } = await world.declare(reader, record, under(emergencyId));
    expect(answers(segments)).toEqual(Array(3).fill('OUTSIDE_SCOPE'));
  });

  test('attack 13: treatment covers no break-glass, and an emergency no treatment', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch() });
    const glass = await world.declare(reader, record, { purpose: 'BTG' });
    expect(answers(glass.segments)).toEqual(Array(3).fill('NO_CONSENT'));
    const emergencyId = await world.emergency(reader, patient);
    const basis = { kind: 'emergency', emergencyId };
    const treatment = await world.declare(reader, record, { purpose: 'TREAT', basis });
    expect(answers(treatment.segments)).toEqual(Array(3).fill('OUTSIDE_SCOPE'));
  });

  test('attack 14: nothing but a consent or an emergency opens anything, whatever a record says of itself', async () => {
    const world = base.fork();
    const critical = await world.store(author, patient, [{ category: 'laboratory' }]);
    const { segments } = await world.declare(reader, critical);
    expect(answers(segments)).toEqual(['NO_CONSENT']);
    const hidden = await world.prepare(patient, [{ category: 'genetics', class: 'summary' }]);
    await expect(world.register(author, hidden)).rejects.toMatchObject({ code: 'MANIFEST_MISMATCH' });
  });

  test('attack 15: an intent endorsed before a revocation does not commit after it', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const inFlight = await endorse(
      world.ledger,
      reader,
      'access:DeclareIntent',
      world.intentRequest(reader, record),
    );
    await world.revoke(patient, consent);
    expect(() => {
      commit(world.ledger, inFlight.stub);
    }).toThrow(new CommitFailure('PHANTOM_READ_CONFLICT'));
    expect(answers((await world.declare(reader, record)).segments).slice(0, 2)).toEqual(
      Array(2).fill('NO_CONSENT'),
    );
  });

  test('attack 15: an intent endorsed before a new denial does not commit after it', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch() });
    const inFlight = await endorse(
      world.ledger,
      reader,
      'access:DeclareIntent',
      world.intentRequest(reader, record),
    );
    await world.grant(patient, { grantee: toBirch(), decision: 'deny' });
    expect(world.ledger.commit(inFlight.stub)).toBe('PHANTOM_READ_CONFLICT');
  });

  test('attack 17: no one else supersedes, no one skips a version, and nothing is overwritten', async () => {
    const world = base.fork();
    const { recordId } = record.request;
    const colleague = await world.practitioner(world.hospital(0), 'physician');
    const other = await world.patient(world.hospital(0));
    const second = await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 2 });
    await expect(world.register(stranger, second)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const stolen = await world.prepare(other, [{ category: 'notes' }], { recordId, version: 2 });
    await expect(world.register(colleague, stolen)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const third = await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 3 });
    await expect(world.register(colleague, third)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const again = await world.prepare(patient, [{ category: 'notes' }], { recordId });
    await expect(world.register(author, again)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await world.register(colleague, second);
    const first = await world.run(author, 'record:Get', { recordId, version: 1 });
    expect(first.answer).toMatchObject({ status: 'superseded', manifestHash: record.request.manifestHash });
    expect((await world.run(author, 'record:Get', { recordId })).answer).toMatchObject({
      version: 2,
      status: 'current',
    });
  });

  test('attack 41: no one hides a version of categories that the own role does not write', async () => {
    const world = base.fork();
    const home = world.hospital(0);
    const notes = await world.store(author, patient, [{ category: 'notes' }]);
    const { recordId } = notes.request;
    const next = (version: number) =>
      world.prepare(patient, [{ category: 'laboratory' }], { recordId, version });
    const laboratory = await world.practitioner(home, 'laboratory');
    await expect(world.register(laboratory, await next(2))).rejects.toMatchObject({
      code: 'ROLE_NOT_ENTITLED',
    });
    const newest = await world.run(author, 'record:Get', { recordId });
    expect(newest.answer).toMatchObject({ version: 1, status: 'current' });
    await world.register(author, await next(2));
    await world.register(laboratory, await next(3));
    await world.run(home.registrar, 'registry:ChangePractitioner', {
      practitionerId: author.id,
      role: 'laboratory',
    });
    await world.register(author, await next(4));
  });

  test('attack 17: a role writes only what it may write', async () => {
    const world = base.fork();
    const pharmacist = await world.practitioner(world.hospital(0), 'pharmacist');
    const notes = await world.prepare(patient, [{ category: 'notes' }]);
    await expect(world.register(pharmacist, notes)).rejects.toMatchObject({ code: 'ROLE_NOT_ENTITLED' });
    const medication = await world.prepare(patient, [{ category: 'medication' }]);
    await expect(world.register(pharmacist, medication)).resolves.toBeDefined();
  });

  test('attack 18: to a stranger a record that exists and one that does not are the same', async () => {
    const world = base.fork();
    const { recordId } = record.request;
    const unknown = world.names.id('record');
    for (const name of ['record:Get', 'record:GetManifest']) {
      const known = await world.run(stranger, name, { recordId }).catch((error: unknown) => error);
      const absent = await world.run(stranger, name, { recordId: unknown }).catch((error: unknown) => error);
      expect(known).toMatchObject({ code: 'NOT_FOUND' });
      expect(String(known)).toBe(String(absent));
    }
    for (const handle of [patient.handle, world.names.id('handle')]) {
      expect((await world.run(stranger, 'record:ListByHandle', { handle })).answer).toEqual({ records: [] });
      expect((await world.run(stranger, 'consent:ListByHandle', { handle })).answer).toEqual({
        consents: [],
      });
      expect((await world.run(stranger, 'emergency:ListByHandle', { handle, pageSize: 10 })).answer).toEqual({
        emergencies: [],
      });
      await expect(world.run(stranger, 'registry:GetPatient', { handle })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  test('attack 19: a withheld category leaves no trace in a manifest, a list, or an intent', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), categories: ['laboratory'] });
    const { recordId } = record.request;
    const shown = (await world.run(reader, 'record:GetManifest', { recordId })).answer as Manifest;
    expect(shown.segments.map(({ category }) => category)).toEqual(['laboratory']);
    const { records } = (await world.run(reader, 'record:ListByHandle', { handle: patient.handle }))
      .answer as {
      records: RecordVersion[];
    };
    expect(records.map((one) => one.recordId)).toEqual([recordId]);
    expect(answers((await world.declare(reader, record)).segments)).toEqual([
      'NO_CONSENT',
      'permit',
      'OUTSIDE_SCOPE',
    ]);
    await world.grant(patient, { grantee: toBirch(), categories: ['laboratory'], decision: 'deny' });
    await expect(world.run(reader, 'record:GetManifest', { recordId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('attack 20: two gateways at once never read more often than the patient allows', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), maxReads: 1, categories: ['laboratory'] });
    const [, laboratory] = world.intentRequest(reader, record).segments as readonly object[];
    const request = () => world.intentRequest(reader, record, { segments: [laboratory] });
    const first = await endorse(world.ledger, reader, 'access:DeclareIntent', request());
    const second = await endorse(world.ledger, reader, 'access:DeclareIntent', request());
    expect([first, second].map(({ answer }) => answers((answer as { segments: object[] }).segments))).toEqual(
      [['permit'], ['permit']],
    );
    expect(world.ledger.commit(first.stub)).toBe('VALID');
    expect(world.ledger.commit(second.stub)).toBe('MVCC_READ_CONFLICT');
    const retried = await world.declare(reader, record, { segments: [laboratory] });
    expect(answers(retried.segments)).toEqual(['READS_EXHAUSTED']);
  });

  test('attack 16: after erasure neither manifest nor capsule is anywhere, and every answer says so', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch() });
    const before = await world.declare(reader, record);
    const { recordId } = record.request;
    await world.run(world.hospital(0).gateway, 'record:Erase', erasureBy(world, patient, recordId));
    expect(world.ledger.vault()).toEqual({});
    const { custodian } = world.hospital(1);
    const context = await world.run(custodian, 'access:GetReleaseContext', { intentId: before.intentId });
    expect(context.answer).toMatchObject({ capsules: [], records: [{ version: { status: 'erased' } }] });
    expect(answers((await world.declare(reader, record)).segments)).toEqual(Array(3).fill('ERASED'));
  });
});
