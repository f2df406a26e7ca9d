// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { guardianOf, newGuardian, removalOf, type TestPatient } from '@tutela/chaincode/testing';
import { GATEWAY } from '../ledger/actor.js';
import { memoryAttempt, TestConsortium, type TestGateway } from '../testing/test-consortium.js';

let consortium: TestConsortium;
let gateway: TestGateway;
let patient: TestPatient;

beforeEach(async () => {
  consortium = await TestConsortium.found();
  gateway = consortium.gateway(0);
  patient = await consortium.world.patient(consortium.world.hospital(0));
});

describe('guardians through a gateway', () => {
  test('the same statement twice names one guardian and is answered alike', async () => {
    const { guardians } = gateway.services;
    const guardian = newGuardian(consortium.world);
    const request = guardianOf(consortium.world, patient, guardian);
    const first = await guardians.register(GATEWAY, request, memoryAttempt());
    expect(await guardians.register(GATEWAY, request, memoryAttempt())).toEqual(first);
    expect(await guardians.list(GATEWAY, patient.handle)).toMatchObject([
      { guardianId: guardian.guardianId },
    ]);
  });

  test('a statement that names another key under the same id is refused', async () => {
    const { guardians } = gateway.services;
    const { world } = consortium;
    const guardian = newGuardian(world);
    await guardians.register(GATEWAY, guardianOf(world, patient, guardian), memoryAttempt());
    const other = { ...newGuardian(world), guardianId: guardian.guardianId };
    await expect(
      guardians.register(GATEWAY, guardianOf(world, patient, other), memoryAttempt()),
    ).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await guardians.remove(
      GATEWAY,
      removalOf(world, patient, guardian.guardianId, guardian),
      memoryAttempt(),
    );
    expect(await guardians.list(GATEWAY, patient.handle)).toEqual([]);
  });
});
