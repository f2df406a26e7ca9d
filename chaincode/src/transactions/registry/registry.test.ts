// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CustodianKeys } from '../../domain/registry.js';
import { enrol, type Identity } from '../../testing/identity.js';
import { newKey } from '../../testing/patient.js';
import { written } from '../../testing/expect-writes.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
let base: TestWorld;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const actor = ({ mspId, id, role }: Identity) => ({ mspId, id, role });

describe('registry:RegisterHospital', () => {
  test('writes the hospital of the caller, once', async () => {
    const world = base.fork();
    const registrar = await enrol(
      'ElmMSP' as Identity['mspId'],
      'registrar' as Identity['id'],
      'administrator',
    );
    const { writes, audit } = await written(world, registrar, 'registry:RegisterHospital', {});
    expect(writes).toEqual({
      'hospital/ElmMSP': { v: 1, mspId: 'ElmMSP', status: 'active', registeredAt: NOW },
    });
    expect(audit).toEqual({ act: 'hospital-registered', actor: actor(registrar), outcome: 'permitted' });
    await refuse(world.run(registrar, 'registry:RegisterHospital', {}), 'ALREADY_EXISTS');
  });

  test.each([['gateway'], ['custodian'], ['operator']] as const)('is not for a %s', async (who) => {
    const world = base.fork();
    await refuse(world.run(world.hospital(0)[who], 'registry:RegisterHospital', {}), 'CALLER_NOT_ENTITLED');
  });
});

describe('registry:RegisterPractitioner', () => {
  const person = (world: TestWorld) => ({
    practitionerId: world.names.id('practitioner'),
    role: 'nurse',
    department: 'ward',
    personTag: world.names.bytes32(),
  });

  test('writes the person at the registrar’s own hospital', async () => {
    const world = base.fork();
    const { registrar } = world.hospital(1);
    const request = person(world);
    const { writes, audit } = await written(world, registrar, 'registry:RegisterPractitioner', request);
    const { practitionerId, personTag } = request;
    expect(writes).toEqual({
      [`practitioner/BirchMSP/${practitionerId}`]: {
        ...request,
        v: 1,
        mspId: 'BirchMSP',
        status: 'active',
        registeredAt: NOW,
      },
      [`person/BirchMSP/${personTag}/${practitionerId}`]: { v: 1 },
    });
    expect(audit).toEqual({ act: 'practitioner-registered', actor: actor(registrar), outcome: 'permitted' });
    await refuse(world.run(registrar, 'registry:RegisterPractitioner', request), 'ALREADY_EXISTS');
  });

  test('is for the registrar and active administrators alone', async () => {
    const world = base.fork();
    const administrator = await world.practitioner(world.hospital(0), 'administrator');
    await world.run(administrator, 'registry:RegisterPractitioner', person(world));
    const physician = await world.practitioner(world.hospital(0), 'physician');
    for (const caller of [physician, world.hospital(0).gateway, world.hospital(0).custodian])
      await refuse(world.run(caller, 'registry:RegisterPractitioner', person(world)), 'CALLER_NOT_ENTITLED');
    const suspend = { practitionerId: administrator.id, status: 'suspended' };
    await world.run(world.hospital(0).registrar, 'registry:ChangePractitioner', suspend);
    await refuse(world.run(administrator, 'registry:RegisterPractitioner', person(world)), 'CALLER_INACTIVE');
    const claimed = await enrol(physician.mspId, physician.id, 'administrator');
    await refuse(world.run(claimed, 'registry:RegisterPractitioner', person(world)), 'CALLER_NOT_ENTITLED');
  });
});

describe('registry:ChangePractitioner', () => {
  test('writes what changed, at the own hospital only, and never the caller’s own entry', async () => {
    const world = base.fork();
    const nurse = await world.practitioner(world.hospital(0), 'nurse');
    const change = { practitionerId: nurse.id, role: 'physician', department: 'theatre' };
    const key = `practitioner/AlderMSP/${nurse.id}`;
    const before = world.ledger.world()[key] as object;
    const { writes, audit } = await written(
      world,
      world.hospital(0).registrar,
      'registry:ChangePractitioner',
      change,
    );
    expect(writes).toEqual({
      [key]: { ...before, role: 'physician', department: 'theatre', changes: 1 },
      [`practitioner-past/AlderMSP/${nurse.id}/0000000`]: { practitioner: before, until: NOW },
    });
    expect(audit).toMatchObject({ act: 'practitioner-changed' });
    await refuse(world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', change), 'NOT_FOUND');
    const administrator = await world.practitioner(world.hospital(0), 'administrator');
    const own = { practitionerId: administrator.id, role: 'physician' };
    await refuse(world.run(administrator, 'registry:ChangePractitioner', own), 'CALLER_NOT_ENTITLED');
    await refuse(world.run(nurse, 'registry:ChangePractitioner', change), 'CALLER_NOT_ENTITLED');
  });
});

describe('registry:RegisterSystem and ChangeSystem', () => {
  test('write a client of the own hospital, which no other hospital sees', async () => {
    const world = base.fork();
    const { registrar, gateway } = world.hospital(0);
    const systemId = world.names.id('system');
    const request = { systemId, jwkThumbprint: world.names.bytes32(), scopes: ['records.read'] };
    const registered = await written(world, registrar, 'registry:RegisterSystem', request);
    const system = { ...request, v: 1, mspId: 'AlderMSP', status: 'active', registeredAt: NOW };
    expect(registered.writes).toEqual({ [`system/AlderMSP/${systemId}`]: system });
    await refuse(world.run(registrar, 'registry:RegisterSystem', request), 'ALREADY_EXISTS');
    await refuse(
      world.run(gateway, 'registry:ChangeSystem', { systemId, status: 'banned' }),
      'CALLER_NOT_ENTITLED',
    );
    const banned = await written(world, registrar, 'registry:ChangeSystem', { systemId, status: 'banned' });
    expect(banned.writes).toEqual({ [`system/AlderMSP/${systemId}`]: { ...system, status: 'banned' } });
    await refuse(
      world.run(registrar, 'registry:ChangeSystem', { systemId, status: 'active' }),
      'FORBIDDEN_TRANSITION',
    );
    const of = { mspId: 'AlderMSP', systemId };
    expect((await world.run(gateway, 'registry:GetSystem', of)).answer).toMatchObject({ status: 'banned' });
    await refuse(world.run(world.hospital(1).gateway, 'registry:GetSystem', of), 'NOT_FOUND');
  });
});

describe('registry:RegisterPatient', () => {
  test('writes the handle with the key that the patient proved', async () => {
    const world = base.fork();
    const { registrar } = world.hospital(0);
    const patient = world.newPatient(world.hospital(0));
    const request = world.patientRequest(patient);
    const { writes, audit } = await written(world, registrar, 'registry:RegisterPatient', request);
    expect(writes).toEqual({
      [`patient/${patient.handle}`]: {
        v: 1,
        handle: patient.handle,
        mspId: 'AlderMSP',
        publicKey: patient.publicKey,
        keyVersion: 1,
        status: 'active',
        registeredAt: NOW,
      },
    });
    expect(audit).toMatchObject({ act: 'patient-registered', handle: patient.handle });
  });

  test('refuses a proof for another hospital, and a caller who is not the registrar', async () => {
    const world = base.fork();
    const patient = world.newPatient(world.hospital(0));
    const request = world.patientRequest(patient);
    await refuse(
      world.run(world.hospital(1).registrar, 'registry:RegisterPatient', request),
      'SIGNATURE_INVALID',
    );
    await refuse(
      world.run(world.hospital(0).gateway, 'registry:RegisterPatient', request),
      'CALLER_NOT_ENTITLED',
    );
    const offCurve = { ...request, publicKey: `B${'A'.repeat(86)}` };
    await refuse(
      world.run(world.hospital(0).registrar, 'registry:RegisterPatient', offCurve),
      'SIGNATURE_INVALID',
    );
  });

  test('is known to the home hospital and to custodians alone', async () => {
    const world = base.fork();
    const { handle } = await world.patient(world.hospital(0));
    const get = (caller: Identity) => world.run(caller, 'registry:GetPatient', { handle });
    expect((await get(world.hospital(0).gateway)).answer).toMatchObject({ handle });
    expect((await get(world.hospital(1).custodian)).answer).toMatchObject({ handle });
    await refuse(get(world.hospital(1).gateway), 'NOT_FOUND');
  });
});

describe('registry:RegisterCustodian', () => {
  test('writes where the custodian answers, by the custodian alone', async () => {
    const world = base.fork();
    const { custodian, operator } = world.hospital(0);
    const { publicKey } = newKey();
    const request = { url: 'https://localhost:7999', publicKey };
    await refuse(world.run(operator, 'registry:RegisterCustodian', request), 'CALLER_NOT_ENTITLED');
    for (const url of ['https://a:0', 'https://a:65536', 'https://-:1', 'https://u@a:1', 'https://a:1/x'])
      await refuse(world.run(custodian, 'registry:RegisterCustodian', { ...request, url }), 'BAD_REQUEST');
    const [first] = (world.ledger.world()['custodian-keys/AlderMSP'] as CustodianKeys).keys;
    const { writes, txId } = await written(world, custodian, 'registry:RegisterCustodian', request);
    expect(writes).toEqual({
      'custodian/AlderMSP': { ...request, v: 1, mspId: 'AlderMSP', status: 'active', registeredAt: NOW },
      'custodian-keys/AlderMSP': {
        ...{ v: 1, mspId: 'AlderMSP' },
        keys: [
          { ...first, until: NOW },
          { publicKey, since: NOW, txId },
        ],
      },
    });
    const known = await world.run(operator, 'registry:GetCustodianKeys', { mspId: custodian.mspId });
    expect(known.answer).toEqual(writes['custodian-keys/AlderMSP']);
    await refuse(world.run(custodian, 'registry:RegisterCustodian', request), 'ALREADY_EXISTS');
    const outsider = await enrol('ElmMSP' as Identity['mspId'], 'custodian' as Identity['id'], 'custodian');
    await refuse(world.run(outsider, 'registry:RegisterCustodian', request), 'CALLER_UNKNOWN');
  });
});
