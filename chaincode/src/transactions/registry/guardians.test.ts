// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_GUARDIANS } from '../../domain/guardian.js';
import { written } from '../../testing/expect-writes.js';
import { agreement, guardianOf, newGuardian, removalOf, type TestGuardian } from '../../testing/guardian.js';
import { signStatement, type TestPatient } from '../../testing/patient.js';
import { TestWorld } from '../../testing/world.js';

let base: TestWorld;
let world: TestWorld;
let patient: TestPatient;
let other: TestPatient;
let guardian: TestGuardian;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  patient = await base.patient(base.hospital(0));
  other = await base.patient(base.hospital(0));
});
beforeEach(() => {
  world = base.fork();
  guardian = newGuardian(world);
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const register = (request: object) =>
  world.run(world.hospital(1).gateway, 'registry:RegisterGuardian', request);
const removeBy = (request: object) =>
  world.run(world.hospital(1).gateway, 'registry:RemoveGuardian', request);

async function guardians(of = patient, at = 0): Promise<readonly string[]> {
  const request = { handle: of.handle };
  const { answer } = await world.run(world.hospital(at).gateway, 'registry:ListGuardians', request);
  return (answer as { guardians: { guardianId: string }[] }).guardians.map(({ guardianId }) => guardianId);
}

describe('guardians of a handle', () => {
  test('are named by the patient’s signature and their own', async () => {
    const request = guardianOf(world, patient, guardian);
    const { gateway } = world.hospital(1);
    const { writes, audit } = await written(world, gateway, 'registry:RegisterGuardian', request);
    const { guardianId, publicKey } = guardian;
    expect(writes).toMatchObject({
      [`guardian/${patient.handle}/${guardianId}`]: { guardianId, publicKey, registeredBy: 'patient' },
    });
    expect(audit).toMatchObject({ act: 'guardian-registered', handle: patient.handle, guardianId });
    expect(await guardians()).toEqual([guardianId]);
    await refuse(guardians(patient, 1), 'NOT_FOUND');
  });

  test('attack 2: no one becomes a guardian without the patient’s key, the own key, or for another handle', async () => {
    const request = guardianOf(world, patient, guardian);
    const byStranger = { ...request, signature: signStatement(other, request.statement) };
    await refuse(register(byStranger), 'SIGNATURE_INVALID');
    await refuse(register({ ...request, proof: request.signature }), 'SIGNATURE_INVALID');
    await refuse(
      register({ ...request, statement: { ...request.statement, handle: other.handle } }),
      'SIGNATURE_INVALID',
    );
    expect(await guardians()).toEqual([]);
  });

  test('attack 7: the same signed statement names a guardian once, and not on another day', async () => {
    const request = guardianOf(world, patient, guardian);
    await register(request);
    await refuse(register(request), 'STATEMENT_REPLAYED');
    await refuse(register(guardianOf(world, patient, guardian)), 'ALREADY_EXISTS');
    const late = guardianOf(world, patient, newGuardian(world));
    world.ledger.advance(24 * 3_600_000);
    await refuse(register(late), 'STATEMENT_EXPIRED');
  });

  test('are at most so many', async () => {
    for (let count = 0; count < MAX_GUARDIANS; count += 1)
      await register(guardianOf(world, patient, newGuardian(world)));
    await refuse(register(guardianOf(world, patient, guardian)), 'RATE_LIMITED');
  });

  test('end by the patient’s signature or their own, by nobody else’s, and do not come back', async () => {
    await register(guardianOf(world, patient, guardian));
    const second = newGuardian(world);
    await register(guardianOf(world, patient, second));
    const { guardianId } = guardian;
    for (const stranger of [other, second, newGuardian(world)])
      await refuse(removeBy(removalOf(world, patient, guardianId, stranger)), 'SIGNATURE_INVALID');
    const removal = removalOf(world, patient, guardianId, patient);
    await removeBy(removal);
    await refuse(removeBy(removal), 'STATEMENT_REPLAYED');
    await refuse(removeBy(removalOf(world, patient, guardianId, patient)), 'FORBIDDEN_TRANSITION');
    await refuse(removeBy(removalOf(world, patient, guardianId, guardian)), 'SIGNATURE_INVALID');
    await refuse(register(guardianOf(world, patient, guardian)), 'ALREADY_EXISTS');
    await removeBy(removalOf(world, patient, second.guardianId, second));
    expect(await guardians()).toEqual([]);
    const unknown = newGuardian(world).guardianId;
    await refuse(removeBy(removalOf(world, patient, unknown, patient)), 'NOT_FOUND');
  });

  test('attack 36: guardians use up no nonce of the patient, nor of another guardian', async () => {
    const second = newGuardian(world);
    for (const one of [guardian, second]) await register(guardianOf(world, patient, one));
    const signedByPatient = guardianOf(world, patient, newGuardian(world));
    const { nonce } = signedByPatient.statement;
    for (const one of [guardian, second]) {
      const { statement } = removalOf(world, patient, one.guardianId, one);
      const taken = { ...statement, nonce };
      await removeBy({ statement: taken, signature: signStatement(one, taken) });
    }
    await register(signedByPatient);
    expect(await guardians()).toEqual([signedByPatient.statement.guardianId]);
  });

  test('may come with the handle, named by the registrar, each with the own agreement', async () => {
    const child = world.newPatient(world.hospital(0));
    const { registrar } = world.hospital(0);
    const request = { ...world.patientRequest(child), guardians: [agreement(world, child, guardian)] };
    const forged = [{ ...agreement(world, child, guardian), proof: signStatement(patient, {}) }];
    await refuse(
      world.run(registrar, 'registry:RegisterPatient', { ...request, guardians: forged }),
      'SIGNATURE_INVALID',
    );
    const foreign = [agreement(world, patient, guardian)];
    await refuse(
      world.run(registrar, 'registry:RegisterPatient', { ...request, guardians: foreign }),
      'SIGNATURE_INVALID',
    );
    await world.run(registrar, 'registry:RegisterPatient', request);
    expect(await guardians(child)).toEqual([guardian.guardianId]);
  });
});
