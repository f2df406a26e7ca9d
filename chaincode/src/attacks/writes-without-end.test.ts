// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CeremonyId } from '../domain/ids.js';
import { MAX_CONTESTS } from '../domain/emergency.js';
import { DomainError } from '../domain/errors.js';
import { MAX_VERSIONS_PER_RECORD } from '../domain/record.js';
import { MAX_CHANGES } from '../domain/registry.js';
import { MAX_WAITING_RETIREMENTS } from '../domain/retirement.js';
import { keys, type Key } from '../state/keys.js';
import { encodeStored } from '../state/store.js';
import { runCeremony } from '../testing/ceremony.js';
import { contestOf } from '../testing/contest.js';
import { erasureBy } from '../testing/erasure.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import { emptyReadWriteSet } from '../testing/read-write-set.js';
import type { PreparedRecord } from '../testing/record.js';
import { endorse } from '../testing/runner.js';
import { suspensionBy } from '../testing/suspension.js';
import { TestWorld } from '../testing/world.js';
import { fetchNotices, noticesRequest } from '../testing/notices.js';

/** Alder and Birch are honest; Cedar is not. */
let base: TestWorld;
let author: Identity;
let reader: Identity;
let hostile: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  patient = await base.patient(base.hospital(0));
  author = await base.practitioner(base.hospital(0), 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }, { category: 'notes' }]);
  reader = await base.practitioner(base.hospital(1), 'physician');
  hostile = await base.practitioner(base.hospital(2), 'physician');
  for (const person of [reader, hostile]) await base.passkey(person);
});

const HOUR_MS = 3_600_000;
const under = (emergencyId: string) => ({ purpose: 'BTG', basis: { kind: 'emergency', emergencyId } });

/** Changes the hostile hospital's clinician, and says how that ended. */
const change = (world: TestWorld, department: string): Promise<string> =>
  world
    .run(world.hospital(2).registrar, 'registry:ChangePractitioner', {
      practitionerId: hostile.id,
      department,
    })
    .then(
      () => 'changed',
      (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
    );

describe('what one hospital writes stops no other', () => {
  test('attack 44: a guardian’s stolen key uses up its own contests, and neither the patient’s nor another guardian’s', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    const [stolen, other] = [newGuardian(world), newGuardian(world)];
    const { gateway } = world.hospital(0);
    for (const one of [stolen, other])
      await world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, one));
    const contest = (guardian?: TestGuardian) => {
      const signer = { ...patient, privateKey: (guardian ?? patient).privateKey };
      const request = contestOf(world, signer, emergencyId, guardian?.guardianId);
      return world.run(gateway, 'emergency:Contest', request);
    };
    for (let contests = 0; contests < MAX_CONTESTS; contests += 1) await contest(stolen);
    await expect(contest(stolen)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (let contests = 0; contests < MAX_CONTESTS; contests += 1) await contest();
    await expect(contest()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(contest(other)).resolves.toBeDefined();
  });

  test('attack 44: the patient’s home hospital ends no emergency of another hospital', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    for (const role of ['privacy-officer', 'medical-officer'] as const) {
      const officer = await world.practitioner(world.hospital(0), role);
      await expect(world.run(officer, 'emergency:Close', { emergencyId })).rejects.toMatchObject({
        code: 'CALLER_NOT_ENTITLED',
      });
    }
    const { segments } = await world.declare(reader, record, under(emergencyId));
    expect(segments[0]).toMatchObject({ decision: 'permit' });
    const own = await world.practitioner(world.hospital(1), 'privacy-officer');
    await expect(world.run(own, 'emergency:Close', { emergencyId })).resolves.toMatchObject({
      answer: { state: 'closed' },
    });
  });

  test('attack 44: a hospital that changes its person again and again keeps no suspension from the ledger', async () => {
    const world = base.fork();
    const administrators = [
      await world.practitioner(world.hospital(0), 'administrator'),
      await world.practitioner(world.hospital(1), 'administrator'),
    ];
    expect(await change(world, 'ward')).toBe('ALREADY_EXISTS');
    const answers: string[] = [];
    for (let count = 0; count < 2 * MAX_CHANGES; count += 1)
      answers.push(await change(world, `ward-${String(count)}`));
    // Registering the passkey was a change too.
    expect(answers.filter((answer) => answer === 'changed')).toHaveLength(MAX_CHANGES - 1);
    const suspension = await endorse(
      world.ledger,
      world.hospital(0).custodian,
      'registry:SuspendPractitioner',
      suspensionBy(world, hostile, administrators),
    );
    expect(await change(world, 'elsewhere')).toBe('RATE_LIMITED');
    expect(world.ledger.commit(suspension.stub)).toBe('VALID');
    world.ledger.advance(24 * HOUR_MS);
    expect(await change(world, 'elsewhere')).toBe('changed');
  });

  test('attack 44: a person who was changed very often is suspended all the same', async () => {
    const world = base.fork();
    const administrators = [
      await world.practitioner(world.hospital(0), 'administrator'),
      await world.practitioner(world.hospital(1), 'administrator'),
    ];
    const entry = world.ledger.world()[`practitioner/CedarMSP/${hostile.id}`] as object;
    const past = { practitioner: entry, until: world.at(-48 * HOUR_MS) };
    put(world, [
      [keys.practitioner(hostile.mspId, hostile.id), { ...entry, changes: 10_001 }],
      ...Array.from(
        { length: 10_001 },
        (_, position) => [keys.pastPractitioner(hostile.mspId, hostile.id, position), past] as const,
      ),
    ]);
    expect(await change(world, 'elsewhere')).toBe('changed');
    const suspension = suspensionBy(world, hostile, administrators);
    await world.run(world.hospital(0).custodian, 'registry:SuspendPractitioner', suspension);
    expect(world.ledger.world()[`practitioner/CedarMSP/${hostile.id}`]).toMatchObject({
      status: 'suspended',
    });
  });

  test('attack 44: a co-signer who is changed again and again keeps no summary closed', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    await world.cosign(hostile, emergencyId);
    const intent = await endorse(
      world.ledger,
      reader,
      'access:DeclareIntent',
      world.intentRequest(reader, record, {
        ...under(emergencyId),
        segments: world.intentRequest(reader, record)['segments'],
      }),
    );
    expect(await change(world, 'elsewhere')).toBe('changed');
    expect(world.ledger.commit(intent.stub)).toBe('VALID');
  });

  test('attack 44: a co-signature for one emergency of a hospital keeps its others from nothing', async () => {
    const world = base.fork();
    const colleague = await world.practitioner(world.hospital(1), 'physician');
    const [one, two] = [await world.emergency(reader, patient), await world.emergency(colleague, patient)];
    const intent = await endorse(
      world.ledger,
      reader,
      'access:DeclareIntent',
      world.intentRequest(reader, record, under(one)),
    );
    const opening = await endorse(
      world.ledger,
      reader,
      'emergency:Open',
      await world.emergencyRequest(reader, patient),
    );
    await world.cosign(hostile, two);
    expect([intent, opening].map(({ stub }) => world.ledger.commit(stub))).toEqual(['VALID', 'VALID']);
  });

  test('attack 44: a hospital whose co-signers leave one after the other co-signs once', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    await world.cosign(hostile, emergencyId);
    const { registrar } = world.hospital(2);
    const leave = { practitionerId: hostile.id, status: 'suspended' };
    await world.run(registrar, 'registry:ChangePractitioner', leave);
    const next = await world.practitioner(world.hospital(2), 'physician');
    await expect(world.cosign(next, emergencyId)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    await world.cosign(await world.practitioner(world.hospital(1), 'nurse'), emergencyId);
    const officer = await world.practitioner(world.hospital(2), 'medical-officer');
    await expect(world.approveFullScope(officer, emergencyId)).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
  });

  test('attack 44: a custodian that changes its address again and again keeps no ceremony from beginning', async () => {
    const world = base.fork();
    const members = ['AlderMSP', 'BirchMSP'];
    const { publicKey } = world.ledger.world()['custodian/CedarMSP'] as { publicKey: string };
    const start = await endorse(world.ledger, world.hospital(0).custodian, 'custody:StartCeremony', {
      ceremonyId: world.names.id('ceremony'),
      kind: 'reshare',
      threshold: 2,
      members,
      dealers: members,
    });
    const address = { url: 'https://cedar.example:7001', publicKey };
    await world.run(world.hospital(2).custodian, 'registry:RegisterCustodian', address);
    expect(world.ledger.commit(start.stub)).toBe('VALID');
  });

  test('attack 44: a co-signer who leaves makes another hospital’s review due a day later, never at once', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    await world.cosign(hostile, emergencyId);
    const due = async () => (await world.run(reader, 'emergency:Get', { emergencyId })).answer;
    world.ledger.advance(30 * HOUR_MS);
    const leave = { practitionerId: hostile.id, status: 'suspended' };
    await world.run(world.hospital(2).registrar, 'registry:ChangePractitioner', leave);
    expect(await due()).toMatchObject({ reviewDueAt: world.at(24 * HOUR_MS) });
    await expect(world.emergency(reader, patient)).resolves.toBeDefined();
    world.ledger.advance(24 * HOUR_MS);
    await expect(world.emergency(reader, patient)).rejects.toMatchObject({ code: 'EMERGENCY_SUSPENDED' });
  });

  test('attack 44: versions and retirements that the home hospital brings meanwhile stop no erasure', async () => {
    const world = base.fork();
    const { recordId } = record.request;
    const { gateway } = world.hospital(1);
    const order = erasureBy(world, patient, recordId);
    const erasure = await endorse(world.ledger, gateway, 'record:Erase', order);
    const plan = [{ category: 'summary' }, { category: 'notes' }] as const;
    const next = await world.prepare(patient, plan, { recordId, version: 2 });
    await world.register(author, next);
    await world.run(author, 'record:Retire', { recordId, version: 1 });
    const late = await world.prepare(patient, plan, { recordId, version: 3 });
    const registration = await endorse(world.ledger, author, 'record:Register', late.request, {
      transient: { vault: late.vault },
    });
    expect(world.ledger.commit(erasure.stub)).toBe('VALID');
    expect(world.ledger.commit(registration.stub)).toBe('MVCC_READ_CONFLICT');
    await expect(world.register(author, late)).rejects.toMatchObject({ code: 'ERASED' });
    expect(world.ledger.vault()).toEqual({});
    const { erasureId } = order.statement;
    expect(
      (await world.run(world.hospital(0).gateway, 'record:GetErasure', { erasureId })).answer,
    ).toMatchObject({
      versions: 2,
    });
    for (const version of [record, next]) {
      const { segments } = await world.declare(reader, version);
      expect(segments.map((segment) => 'code' in segment && segment.code)).toEqual(['ERASED', 'ERASED']);
    }
  });

  test('attack 44: a record has no more versions than one erasure destroys', async () => {
    const world = base.fork();
    const { recordId } = record.request;
    const first = world.ledger.world()[`record/${recordId}/0000001`] as object;
    put(world, [
      [keys.record(recordId, MAX_VERSIONS_PER_RECORD), { ...first, version: MAX_VERSIONS_PER_RECORD }],
    ]);
    const version = MAX_VERSIONS_PER_RECORD + 1;
    const next = await world.prepare(patient, [{ category: 'notes' }], { recordId, version });
    await expect(world.register(author, next)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('attack 44: however many notices a mailbox has, its owner gets each of them and a guardian can go', async () => {
    const world = base.fork();
    const guardian = newGuardian(world);
    const { gateway, mspId } = world.hospital(1);
    await world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    const { recordId } = record.request;
    const mailboxes = [patient.handle, `${patient.handle}~${guardian.guardianId}`] as const;
    put(
      world,
      mailboxes.flatMap((mailbox) =>
        Array.from({ length: 10_001 }, (_, position) => {
          const version = position + 1;
          const about = { handle: patient.handle, record: { recordId, version } };
          const recipient = { kind: 'patient', handle: patient.handle };
          const notice = { v: 1, ...about, cause: 'retirement-ordered', recipient, at: world.ledger.now };
          const key = keys.notice(patient.mspId, mailbox, `${recordId}.${version}`, 'retirement-ordered');
          return [key, notice] as const;
        }),
      ),
    );
    const fetch = () => fetchNotices(world, gateway, noticesRequest(world, patient, mspId));
    const seen = new Set<number | undefined>();
    let more = true;
    for (let count = 0; more; count += 1) {
      const fetched = await fetch();
      for (const { record: of } of fetched.notices) seen.add(of?.version);
      more = fetched.more;
      expect(count).toBeLessThan(101);
    }
    expect(seen.size).toBe(10_001);
    const { answer } = await world.run(gateway, 'emergency:Metrics', { mspId: patient.mspId });
    expect(answer).toMatchObject({ noticesPending: 10_001 });
    const removal = removalOf(world, patient, guardian.guardianId, patient);
    await expect(world.run(gateway, 'registry:RemoveGuardian', removal)).resolves.toBeDefined();
  }, 60_000);

  test('attack 44: no more retirements wait for one patient than one author’s hospital may order', async () => {
    const world = base.fork();
    const plan = [{ category: 'notes' }] as const;
    const order = async () => {
      const { request } = await world.store(author, patient, plan);
      const { recordId } = request;
      await world.register(author, await world.prepare(patient, plan, { recordId, version: 2 }));
      const { txId } = await world.run(author, 'record:Retire', { recordId, version: 1 });
      return { recordId, version: 1, orderTxId: txId };
    };
    const cancellation = await order();
    for (let count = 1; count < MAX_WAITING_RETIREMENTS; count += 1) await order();
    await expect(order()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await world.run(author, 'record:CancelRetirement', cancellation);
    await expect(order()).resolves.toBeDefined();
  }, 60_000);

  test('attack 44: a hospital that left custody keeps no certificate open, and its vote opens nothing', async () => {
    const world = base.fork();
    const vote = (at: number) => world.run(world.hospital(at).custodian, 'degraded:Vote', { mode: 'on' });
    for (const at of [1, 2]) await vote(at);
    const mode = async () => (await world.run(world.hospital(0).custodian, 'degraded:GetMode', {})).answer;
    expect(await mode()).toMatchObject({ mode: 'on' });
    const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
    const members = world.hospitals.slice(0, 2).map(({ mspId }) => mspId);
    const ceremonyId = world.names.id('ceremony') as CeremonyId;
    const start = { ceremonyId, kind: 'reshare', threshold: 2, members } as const;
    await runCeremony(world.ledger, custodians, start, world.shares);
    expect(await mode()).toMatchObject({ mode: 'off', votes: [{ mspId: 'BirchMSP' }] });
    await vote(0);
    expect(await mode()).toMatchObject({ mode: 'on' });

    const order = erasureBy(world, patient, record.request.recordId);
    await world.run(world.hospital(0).gateway, 'record:Erase', order);
    const { erasureId } = order.statement;
    const certificate = async () =>
      (await world.run(world.hospital(0).gateway, 'record:GetErasure', { erasureId })).answer;
    for (const { gateway } of world.hospitals.slice(0, 2)) {
      expect(await certificate()).toMatchObject({ complete: false });
      const confirmation = { erasureId, blocksRemoved: 1, blocksHash: world.names.bytes32() };
      await world.run(gateway, 'record:ConfirmErasure', confirmation);
    }
    expect(await certificate()).toMatchObject({ complete: true });
  });
});

/** What many transactions left on the ledger, written at once. */
function put(world: TestWorld, values: readonly (readonly [Key<unknown>, unknown])[]): void {
  const rwset = emptyReadWriteSet();
  for (const [{ kind, parts }, value] of values)
    rwset.writes.set(`\u0000${[kind, ...parts, ''].join('\u0000')}`, encodeStored(value));
  expect(world.ledger.commit({ rwset })).toBe('VALID');
}
