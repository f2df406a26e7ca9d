// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_GUARDIANS } from '../domain/guardian.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let world: TestWorld;
let reader: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  patient = await base.patient(base.hospital(0));
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
});
