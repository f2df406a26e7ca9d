// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_CONTESTS, type EmergencyView } from '../domain/emergency.js';
import { MAX_GUARDIANS } from '../domain/guardian.js';
import { contestOf } from '../testing/contest.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

const HOUR_MS = 3_600_000;
let base: TestWorld;
let world: TestWorld;
let reader: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  patient = await base.patient(base.hospital(0));
  const author = await base.practitioner(base.hospital(0), 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }]);
  reader = await base.practitioner(base.hospital(1), 'physician');
  await base.passkey(reader);
});
beforeEach(() => {
  world = base.fork();
});

const name = (guardian: TestGuardian) =>
  world.run(world.hospital(0).gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
const end = ({ guardianId }: TestGuardian) =>
  world.run(
    world.hospital(0).gateway,
    'registry:RemoveGuardian',
    removalOf(world, patient, guardianId, patient),
  );

const contest = (emergencyId: string, guardian?: TestGuardian) => {
  const signer = { ...patient, privateKey: (guardian ?? patient).privateKey };
  const request = contestOf(world, signer, emergencyId, guardian?.guardianId);
  return world.run(world.hospital(0).gateway, 'emergency:Contest', request);
};

describe('what the keys of a patient and of its guardians write', () => {
  test('attack 44: guardians who come and go are not in the list of present ones that each opening reads', async () => {
    const present = newGuardian(world);
    await name(present);
    const former = Array.from({ length: MAX_GUARDIANS + 2 }, () => newGuardian(world));
    for (const one of former) {
      await name(one);
      await end(one);
    }
    const request = await world.emergencyRequest(reader, patient);
    const { stub } = await endorse(world.ledger, reader, 'emergency:Open', request);
    const listed = stub.rwset.ranges.filter(({ from }) => from.startsWith('\u0000guardian\u0000'));
    expect(listed.map(({ found }) => (JSON.parse(found) as unknown[]).length)).toEqual([1]);
    for (const one of former) {
      await expect(name(one)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await expect(end(one)).rejects.toMatchObject({ code: 'FORBIDDEN_TRANSITION' });
    }
    const { answer } = await world.run(world.hospital(0).gateway, 'registry:ListGuardians', {
      handle: patient.handle,
    });
    expect(answer).toMatchObject({ guardians: [{ guardianId: present.guardianId }] });
  });

  test('attack 44: however often an emergency is contested, its hospital opens others, reads, and reviews it', async () => {
    const [colleague, officer] = [
      await world.practitioner(world.hospital(1), 'physician'),
      await world.practitioner(world.hospital(1), 'privacy-officer'),
    ];
    const emergencyId = await world.emergency(reader, patient);
    world.ledger.advance(30 * HOUR_MS);
    const running = await world.emergency(colleague, patient);
    const intent = world.intentRequest(colleague, record, {
      ...{ purpose: 'BTG', basis: { kind: 'emergency', emergencyId: running } },
    });
    const simulated = [
      await endorse(world.ledger, colleague, 'access:DeclareIntent', intent),
      await endorse(
        world.ledger,
        colleague,
        'emergency:Open',
        await world.emergencyRequest(colleague, patient),
      ),
      await endorse(world.ledger, officer, 'emergency:BeginReview', { emergencyId }),
    ];
    for (const about of [emergencyId, running]) await contest(about);
    expect(simulated.map(({ stub }) => world.ledger.commit(stub))).toEqual(['VALID', 'VALID', 'VALID']);
  });

  test('attack 44: a signer that contests an emergency again and again keeps no other signer’s contest from the ledger', async () => {
    const guardian = newGuardian(world);
    await name(guardian);
    const emergencyId = await world.emergency(reader, patient);
    const signer = { ...patient, privateKey: guardian.privateKey };
    const { gateway } = world.hospital(0);
    const honest = [
      contestOf(world, patient, emergencyId),
      contestOf(world, signer, emergencyId, guardian.guardianId),
    ];
    const [byPatient, byGuardian] = await Promise.all(
      honest.map((request) => endorse(world.ledger, gateway, 'emergency:Contest', request)),
    );
    expect([byPatient, byGuardian].map((one) => one && world.ledger.commit(one.stub))).toEqual([
      'VALID',
      'VALID',
    ]);
  });

  test('contests of guardians who come and go hide none of the patient’s, and no more are shown than all may have at a time', async () => {
    const emergencyId = await world.emergency(reader, patient);
    for (let count = 0; count <= MAX_GUARDIANS; count += 1) {
      const guardian = newGuardian(world);
      await name(guardian);
      for (let contests = 0; contests < MAX_CONTESTS; contests += 1) await contest(emergencyId, guardian);
      await end(guardian);
    }
    world.ledger.advance(1);
    const { txId } = await contest(emergencyId);
    const { answer } = await world.run(reader, 'emergency:Get', { emergencyId });
    const { contests } = answer as EmergencyView;
    expect(contests).toHaveLength(MAX_CONTESTS * (MAX_GUARDIANS + 1));
    expect(contests.at(-1)).toEqual({ at: world.ledger.now, txId });
  });
});
