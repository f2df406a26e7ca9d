// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type {
  KeyRotation,
  KeyRotationView,
  NamedKeyRotation,
  SignedVeto,
} from '../../domain/key-rotation.js';
import type { FetchedNotices } from '../../domain/notice.js';
import { guardianOf, newGuardian } from '../../testing/guardian.js';
import type { Identity } from '../../testing/identity.js';
import { cooledOff, nameRotation, rotationRequest, vetoOf, withNewKey } from '../../testing/key-rotation.js';
import { signed, type TestPatient } from '../../testing/patient.js';
import type { PreparedRecord } from '../../testing/record.js';
import { seeAct } from '../../testing/sighting.js';
import { TestWorld } from '../../testing/world.js';
import { fetchNotices, noticesRequest } from '../../testing/notices.js';

const DAY_MS = 24 * 3_600_000;
let base: TestWorld;
let world: TestWorld;
let patient: TestPatient;
let renewed: TestPatient;
let reader: Identity;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found();
  patient = await base.patient(base.hospital(0));
  const author = await base.practitioner(base.hospital(0), 'physician');
  reader = await base.practitioner(base.hospital(1), 'physician');
  record = await base.store(author, patient, [{ category: 'laboratory' }]);
});
beforeEach(() => {
  world = base.fork();
  renewed = withNewKey(patient);
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const at = (position: number) => world.hospital(position);
const request = (by = at(0).registrar, asked: object = rotationRequest(world, renewed)) =>
  world.run(by, 'registry:RequestKeyRotation', asked);
const named = () => nameRotation(world, patient);
const approve = (by = at(1).registrar, of: NamedKeyRotation = named()) =>
  world.run(by, 'registry:ApproveKeyRotation', of);
const cancel = (by: Identity, veto?: SignedVeto, of: NamedKeyRotation = named()) =>
  world.run(by, 'registry:CancelKeyRotation', { ...of, ...(veto && { veto }) });
const complete = (by = at(0).registrar, of: NamedKeyRotation = named()) =>
  world.run(by, 'registry:CompleteKeyRotation', of);
const rotation = () => world.ledger.world()[`key-rotation/${patient.handle}`] as KeyRotation;
const reading = async () =>
  (await world.declare(reader, record)).segments.map((one) => ('code' in one ? one.code : one.decision));
const causes = (answer: unknown) => (answer as FetchedNotices).notices.map(({ cause }) => cause).sort();

describe('a key that was lost', () => {
  test('is replaced after home, a second hospital and two days; permits wait for the new key, denials stay', async () => {
    const grantee = { kind: 'hospital', mspId: reader.mspId } as const;
    const consent = await world.grant(patient, { grantee });
    const denial = await world.grant(patient, { grantee, decision: 'deny', categories: ['genetics'] });
    expect(await reading()).toEqual(['permit']);
    await cooledOff(world, renewed);
    expect(await reading()).toEqual(['permit']);
    await complete();
    const kept = world.ledger.world()[`patient/${patient.handle}`];
    const { publicKey } = renewed;
    expect(kept).toMatchObject({ publicKey, keyVersion: 2 });
    expect(await reading()).toEqual(['NO_CONSENT']);

    const ask = (by: Identity) => world.run(by, 'registry:GetKeyRotation', { handle: patient.handle });
    const { consentId } = consent.statement;
    const { toConfirm, ended } = (await ask(at(0).gateway)).answer as KeyRotationView;
    expect([toConfirm, ended?.as]).toEqual([[consentId], 'completed']);
    expect(((await ask(at(1).gateway)).answer as KeyRotationView).toConfirm).toEqual([]);
    const again = { ...consent.statement, version: 2, signedAt: world.at(0), nonce: world.names.nonce() };
    await refuse(world.run(at(0).gateway, 'consent:Replace', signed(patient, again)), 'SIGNATURE_INVALID');
    await world.run(at(0).gateway, 'consent:Replace', signed(renewed, again));
    expect(await reading()).toEqual(['permit']);
    expect(denial.statement.decision).toBe('deny');
    const genetics = await world.store(await world.practitioner(at(0), 'physician'), patient, [
      { category: 'genetics' },
    ]);
    expect((await world.declare(reader, genetics)).segments).toMatchObject([{ code: 'CONSENT_DENIED' }]);
  });

  test('everybody concerned is told of every step', async () => {
    const guardian = newGuardian(world);
    await world.run(at(0).gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    await cooledOff(world, renewed);
    const office = async (position: number) => {
      const officer = await world.practitioner(at(position), 'privacy-officer');
      return causes(await fetchNotices(world, officer));
    };
    expect(await office(0)).toEqual(['key-rotation-approved', 'key-rotation-requested']);
    expect(await office(1)).toEqual(['key-rotation-approved']);
    for (const [who, more] of [
      [patient, {}],
      [guardian, { guardianId: guardian.guardianId }],
    ] as const) {
      const { gateway, mspId } = at(0);
      const own = noticesRequest(world, { ...patient, ...who }, mspId, more);
      const answer = await fetchNotices(world, gateway, own);
      expect(causes(answer)).toEqual(['key-rotation-approved', 'key-rotation-requested']);
    }
  });
});

describe('taking a patient’s place', () => {
  test('attack: one hospital alone does not approve what it asked for', async () => {
    await request();
    const administrator = await world.practitioner(at(0), 'administrator');
    for (const by of [at(0).registrar, administrator]) await refuse(approve(by), 'CALLER_NOT_ENTITLED');
    world.ledger.advance(3 * DAY_MS);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    expect(rotation().approval).toBeUndefined();
  });

  test('attack: at another hospital than home, as a clinician or a process, or with a key that nobody holds', async () => {
    await refuse(request(at(1).registrar), 'NOT_FOUND');
    for (const by of [reader, at(0).gateway, at(0).custodian])
      await refuse(request(by), 'CALLER_NOT_ENTITLED');
    const asked = rotationRequest(world, renewed);
    await refuse(
      request(at(0).registrar, { ...asked, publicKey: withNewKey(patient).publicKey }),
      'SIGNATURE_INVALID',
    );
    const other = await world.patient(at(0));
    await refuse(request(at(0).registrar, { ...asked, handle: other.handle }), 'SIGNATURE_INVALID');
    await refuse(request(at(0).registrar, rotationRequest(world, renewed, 2)), 'SIGNATURE_INVALID');
    await refuse(request(at(0).registrar, rotationRequest(world, patient)), 'SIGNATURE_INVALID');
  });

  test('attack: no key is replaced before the two days are over, also not by a clock of one’s own', async () => {
    await request();
    const { txId } = await approve();
    await refuse(approve(at(2).registrar), 'ALREADY_EXISTS');
    world.ledger.advance(2 * DAY_MS);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    await seeAct(world, txId, [at(0)]);
    world.ledger.advance(2 * DAY_MS);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    await seeAct(world, txId, [at(2)]);
    world.ledger.advance(2 * DAY_MS - 1);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    await refuse(complete(at(1).registrar), 'CALLER_NOT_ENTITLED');
    world.ledger.advance(1);
    await expect(complete()).resolves.toBeDefined();
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
  });

  test('attack: what the lost key permits ahead of time counts no more than what it permitted before', async () => {
    await cooledOff(world, renewed);
    const consent = world.consent(patient, { grantee: { kind: 'hospital', mspId: reader.mspId } });
    const ahead = { timestampMs: world.ledger.nowMs + 60_000 };
    await world.run(at(0).gateway, 'consent:Grant', consent, ahead);
    await complete();
    world.ledger.advance(120_000);
    expect(await reading()).toEqual(['NO_CONSENT']);
  });

  test('attack: a holder of the present key stops a rotation, through any hospital, and no one else does', async () => {
    await cooledOff(world, renewed);
    const veto = vetoOf(world, renewed, patient);
    await refuse(cancel(at(2).gateway, vetoOf(world, renewed, renewed)), 'SIGNATURE_INVALID');
    await refuse(cancel(at(2).gateway, vetoOf(world, withNewKey(patient), patient)), 'BAD_REQUEST');
    const other = await world.patient(at(0));
    await refuse(
      cancel(at(2).gateway, vetoOf(world, { ...other, publicKey: renewed.publicKey }, other)),
      'SIGNATURE_INVALID',
    );
    await refuse(cancel(at(1).registrar), 'CALLER_NOT_ENTITLED');
    await cancel(at(2).gateway, veto);
    expect(rotation().ended).toMatchObject({ as: 'cancelled' });
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    await request(at(0).registrar, rotationRequest(world, renewed));
    await refuse(cancel(at(2).gateway, veto), 'STATEMENT_REPLAYED');
  });

  test('is stopped by a guardian, or by the hospital at home', async () => {
    const guardian = newGuardian(world);
    await world.run(at(0).gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    await request();
    await refuse(request(), 'ALREADY_EXISTS');
    const { guardianId } = guardian;
    await cancel(at(1).gateway, vetoOf(world, renewed, guardian, { guardianId }));
    expect(rotation().ended).toMatchObject({ as: 'cancelled', guardianId });
    await request();
    await cancel(at(0).registrar);
    expect(rotation().ended).toMatchObject({ as: 'cancelled' });
  });
});
