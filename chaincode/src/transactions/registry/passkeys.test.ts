// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { MAX_PASSKEYS } from '../../domain/passkey.js';
import type { Practitioner } from '../../domain/registry.js';
import { written } from '../../testing/expect-writes.js';
import { enrol, type Identity } from '../../testing/identity.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
let base: TestWorld;
let clinician: Identity;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch'], false);
  clinician = await base.practitioner(base.hospital(0), 'physician');
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const passkeysOf = (world: TestWorld) =>
  (world.ledger.world()[`practitioner/AlderMSP/${clinician.id}`] as Practitioner).passkeys ?? [];

describe('registry:RegisterPasskey', () => {
  test('adds a key to the practitioner, and marks it as taken', async () => {
    const world = base.fork();
    const device = new SoftAuthenticator();
    const request = world.passkeyRequest(clinician, device);
    const { registrar } = world.hospital(0);
    const before = world.ledger.world()[`practitioner/AlderMSP/${clinician.id}`] as Practitioner;
    const { writes, audit } = await written(world, registrar, 'registry:RegisterPasskey', request);
    expect(writes).toEqual({
      [`practitioner/AlderMSP/${clinician.id}`]: {
        ...before,
        passkeys: [{ ...request.passkey, registeredAt: NOW }],
        changes: 1,
      },
      [`practitioner-past/AlderMSP/${clinician.id}/0000000`]: { practitioner: before, until: NOW },
      [`passkey/${device.publicKey}`]: { v: 1 },
    });
    expect(audit).toMatchObject({ act: 'passkey-registered', actor: { id: 'registrar' } });
  });

  test('attack: a key that its device has not proved, for this person at this hospital, is refused', async () => {
    const world = base.fork();
    const { registrar } = world.hospital(0);
    const [device, other] = [new SoftAuthenticator(), new SoftAuthenticator()];
    const own = world.passkeyRequest(clinician, device);
    const colleague = await world.practitioner(world.hospital(0), 'nurse');
    const register = (request: object) => world.run(registrar, 'registry:RegisterPasskey', request);
    await refuse(
      register({ ...own, stepUp: world.passkeyRequest(clinician, other).stepUp }),
      'STEP_UP_REQUIRED',
    );
    await refuse(register({ ...own, practitionerId: colleague.id }), 'STEP_UP_INVALID');
    const moved = { ...own, passkey: { ...own.passkey, rpId: 'evil.example' } };
    await refuse(register(moved), 'STEP_UP_INVALID');
    world.ledger.advance(5 * 60_000);
    await refuse(register(own), 'STATEMENT_EXPIRED');
    expect(passkeysOf(world)).toEqual([]);
  });

  test('attack: one device serves one person, at one hospital, and never again once it was removed', async () => {
    const world = base.fork();
    const device = new SoftAuthenticator();
    await world.registerPasskey(clinician, device);
    const second = await world.practitioner(world.hospital(0), 'nurse');
    const elsewhere = await world.practitioner(world.hospital(1), 'physician');
    for (const person of [clinician, second, elsewhere])
      await refuse(world.registerPasskey(person, device), 'ALREADY_EXISTS');
    const removal = { practitionerId: clinician.id, credentialId: device.credentialId };
    await world.run(world.hospital(0).registrar, 'registry:RemovePasskey', removal);
    for (const person of [clinician, second])
      await refuse(world.registerPasskey(person, device), 'ALREADY_EXISTS');
  });

  test('is the registrar’s of the own hospital, and never for the own entry', async () => {
    const world = base.fork();
    const device = new SoftAuthenticator();
    const request = world.passkeyRequest(clinician, device);
    await refuse(world.run(clinician, 'registry:RegisterPasskey', request), 'CALLER_NOT_ENTITLED');
    const foreign = world.hospital(1).registrar;
    await refuse(world.run(foreign, 'registry:RegisterPasskey', request), 'NOT_FOUND');
    const administrator = await world.practitioner(world.hospital(0), 'administrator');
    const own = world.passkeyRequest(administrator, device);
    await refuse(world.run(administrator, 'registry:RegisterPasskey', own), 'CALLER_NOT_ENTITLED');
  });

  test('gives a practitioner so many and no more', async () => {
    const world = base.fork();
    for (let count = 0; count < MAX_PASSKEYS; count += 1)
      await world.registerPasskey(clinician, new SoftAuthenticator());
    await refuse(world.registerPasskey(clinician, new SoftAuthenticator()), 'TOO_LARGE');
    expect(passkeysOf(world)).toHaveLength(MAX_PASSKEYS);
  });
});

describe('registry:RemovePasskey', () => {
  test('takes one key, and says no for one that is not there', async () => {
    const world = base.fork();
    const [lost, kept] = [new SoftAuthenticator(), new SoftAuthenticator()];
    for (const device of [lost, kept]) await world.registerPasskey(clinician, device);
    const { registrar } = world.hospital(0);
    const removal = { practitionerId: clinician.id, credentialId: lost.credentialId };
    await refuse(world.run(world.hospital(1).registrar, 'registry:RemovePasskey', removal), 'NOT_FOUND');
    await world.run(registrar, 'registry:RemovePasskey', removal);
    expect(passkeysOf(world)).toMatchObject([{ credentialId: kept.credentialId }]);
    await refuse(world.run(registrar, 'registry:RemovePasskey', removal), 'NOT_FOUND');
  });
});

describe('a step-up', () => {
  test('attack: without the clinician’s passkey a certified key opens no emergency', async () => {
    const world = base.fork();
    const patient = await world.patient(world.hospital(1));
    const { stepUp, ...facts } = await world.emergencyRequest(clinician, patient);
    const open = (request: object, as = clinician) => world.run(as, 'emergency:Open', request);
    await refuse(open(facts), 'BAD_REQUEST');
    const thief = new SoftAuthenticator();
    const stolen = world.stepUpBy(thief, clinician, 'open-emergency', facts);
    await refuse(open({ ...facts, stepUp: stolen }), 'STEP_UP_REQUIRED');
    const again = await enrol(clinician.mspId, clinician.id, 'physician');
    await expect(open({ ...facts, stepUp }, again)).resolves.toBeDefined();
  });

  test('attack: an answer serves one act about one thing, for minutes, and not twice', async () => {
    const world = base.fork();
    const [patient, other] = [await world.patient(world.hospital(1)), await world.patient(world.hospital(1))];
    const { stepUp, ...facts } = await world.emergencyRequest(clinician, patient);
    const open = (request: object) => world.run(clinician, 'emergency:Open', request);
    for (const change of [
      { handle: other.handle },
      { scope: 'summary' },
      { timeBoxMinutes: 240 },
      { reason: 'public-safety' },
      { emergencyId: world.ownId('emergency', clinician.mspId) },
    ])
      await refuse(open({ ...facts, ...change, stepUp }), 'STEP_UP_INVALID');
    const cosigning = await world.stepUp(clinician, 'cosign-emergency', facts);
    await refuse(open({ ...facts, stepUp: cosigning }), 'STEP_UP_INVALID');
    const later = { ...stepUp, at: world.at(1_000) };
    await refuse(open({ ...facts, stepUp: later }), 'STEP_UP_INVALID');
    await open({ ...facts, stepUp });
    await refuse(open({ ...facts, stepUp }), 'ALREADY_EXISTS');
    const { stepUp: old, ...next } = await world.emergencyRequest(clinician, patient);
    world.ledger.advance(5 * 60_000);
    await refuse(open({ ...next, stepUp: old }), 'STATEMENT_EXPIRED');
  });

  test('attack: a passkey that was removed vouches for nothing more', async () => {
    const world = base.fork();
    const patient = await world.patient(world.hospital(1));
    const second = await world.practitioner(world.hospital(0), 'nurse');
    const emergencyId = await world.emergency(clinician, patient);
    const { credentialId } = await world.passkey(second);
    const vouching = await world.vouchRequest(second, emergencyId, 'cosign-emergency');
    const removal = { practitionerId: second.id, credentialId };
    await world.run(world.hospital(0).registrar, 'registry:RemovePasskey', removal);
    await refuse(world.run(second, 'emergency:Cosign', vouching), 'STEP_UP_REQUIRED');
  });

  test('attack: a second clinician’s answer does not serve as the duty officer’s, nor one person’s as another’s', async () => {
    const world = base.fork();
    const patient = await world.patient(world.hospital(1));
    const second = await world.practitioner(world.hospital(0), 'nurse');
    const officer = await world.practitioner(world.hospital(1), 'medical-officer');
    const emergencyId = await world.emergency(clinician, patient);
    const vouching = await world.vouchRequest(second, emergencyId, 'cosign-emergency');
    await world.passkey(officer);
    await refuse(world.run(officer, 'emergency:Cosign', vouching), 'STEP_UP_REQUIRED');
    await world.run(second, 'emergency:Cosign', vouching);
    const wrong = await world.vouchRequest(officer, emergencyId, 'cosign-emergency');
    await refuse(world.run(officer, 'emergency:ApproveFullScope', wrong), 'STEP_UP_INVALID');
    await expect(world.approveFullScope(officer, emergencyId)).resolves.toBeDefined();
  });
});
