// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { consentStatement } from '../domain/consent.js';
import { patientKeyStatement } from '../domain/registry.js';
import { certify, enrol, type Identity } from '../testing/identity.js';
import { withNewKey } from '../testing/key-rotation.js';
import { signed, signStatement, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let author: Identity;
let reader: Identity;
let patient: TestPatient;
let record: PreparedRecord;
const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;

beforeAll(async () => {
  base = await TestWorld.found();
  author = await base.practitioner(base.hospital(0), 'physician');
  reader = await base.practitioner(base.hospital(1), 'physician');
  patient = await base.patient(base.hospital(0));
  record = await base.store(author, patient, [{ category: 'laboratory' }]);
});

/** Asserts the exact refusal, and that nothing changed. */
async function refused(world: TestWorld, act: Promise<unknown>, code: string): Promise<void> {
  const before = world.ledger.world();
  await expect(act).rejects.toMatchObject({ code });
  expect(world.ledger.world()).toEqual(before);
}

describe('who is asking', () => {
  test('attack 1: a hospital cannot grant itself access to another hospital’s patient', async () => {
    const world = base.fork();
    const thief = withNewKey(patient);
    const forged = world.consent(thief, { grantee: toBirch() });
    await refused(world, world.run(world.hospital(1).gateway, 'consent:Grant', forged), 'SIGNATURE_INVALID');
    expect((await world.declare(reader, record)).segments).toMatchObject([{ code: 'NO_CONSENT' }]);
  });

  test('attack 2: a patient cannot grant or revoke under another handle, be it of the same person', async () => {
    const world = base.fork();
    const elsewhere = await world.patient(world.hospital(1));
    const { statement } = world.consent(elsewhere, { grantee: toBirch() });
    const foreign = signed(elsewhere, consentStatement({ ...statement, handle: patient.handle }, '$'));
    await refused(world, world.run(reader, 'consent:Grant', foreign), 'SIGNATURE_INVALID');
    const consent = await world.grant(patient, { grantee: toBirch() });
    const revocation = world.revocation({ ...elsewhere, handle: patient.handle }, consent);
    await refused(world, world.run(reader, 'consent:Revoke', revocation), 'SIGNATURE_INVALID');
    const own = world.revocation(elsewhere, consent);
    await refused(world, world.run(reader, 'consent:Revoke', own), 'NOT_FOUND');
  });

  test('attack 3: the caller is the certificate, whichever person an argument names', async () => {
    const world = base.fork();
    await world.grant(patient, {
      grantee: { kind: 'person', mspId: reader.mspId, practitionerId: reader.id },
    });
    const other = await world.practitioner(world.hospital(1), 'physician');
    const request = world.intentRequest(reader, record, {
      requester: { mspId: reader.mspId, practitionerId: reader.id },
    });
    await refused(world, world.run(other, 'access:DeclareIntent', request), 'BAD_REQUEST');
    expect((await world.declare(other, record)).segments).toMatchObject([{ code: 'NO_CONSENT' }]);
    expect((await world.declare(reader, record)).segments).toMatchObject([{ decision: 'permit' }]);
  });

  test('attack 4: one person with two certificates or two enrolments cannot co-sign the own emergency', async () => {
    const world = base.fork();
    const personTag = world.names.bytes32();
    const [first, second] = [
      await world.practitioner(world.hospital(1), 'physician', personTag),
      await world.practitioner(world.hospital(1), 'medical-officer', personTag),
    ];
    const again = await enrol(first.mspId, first.id, 'physician');
    const pharmacist = await world.practitioner(world.hospital(1), 'pharmacist');
    for (const person of [first, second, pharmacist]) await world.passkey(person);
    const emergencyId = await world.emergency(first, patient);
    for (const cosigner of [first, again, second])
      await refused(world, world.cosign(cosigner, emergencyId), 'EMERGENCY_SAME_PERSON');
    await refused(world, world.cosign(pharmacist, emergencyId), 'CALLER_NOT_ENTITLED');
  });

  test('attack 4: the same certificate wrapped differently is the same certificate', async () => {
    const world = base.fork();
    const rewrapped = { ...reader, certificatePem: `${reader.certificatePem.replaceAll('\n', '\r\n')}\n\n` };
    const [one, two] = [await world.declare(reader, record), await world.declare(rewrapped, record)];
    expect(two.certificate).toBe(one.certificate);
    const der = new X509Certificate(reader.certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(one.certificate).toBe(der);
  });

  test('attack 37: a certificate that no authority certified, beside the certified one, names no caller', async () => {
    const world = base.fork();
    const { registrar } = world.hospital(1);
    const forged = (await enrol(reader.mspId, registrar.id, 'administrator')).certificatePem;
    const real = reader.certificatePem;
    const headed = real.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n');
    const creators = [
      `x${forged}\n${real}`,
      `${forged}${real}`,
      `${real}${forged}`,
      `x${real}`,
      `\n${real}`,
      `a line\n${real}`,
      ` ${real}`,
      headed,
      real.replace('BEGIN CERTIFICATE', ' BEGIN CERTIFICATE'),
      real.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
      `${real}x`,
    ];
    const practitionerId = world.names.id('practitioner');
    const person = {
      practitionerId,
      role: 'administrator',
      department: 'ward',
      personTag: world.names.bytes32(),
    };
    for (const certificatePem of creators) {
      const caller = { ...reader, certificatePem };
      const request = { ...person, publicKey: patient.publicKey };
      await expect(world.run(caller, 'registry:RegisterPractitioner', request)).rejects.toBeDefined();
      expect(world.ledger.world()[`practitioner/${reader.mspId}/${practitionerId}`]).toBeUndefined();
    }
    await refused(
      world,
      world.run({ ...reader, certificatePem: `x${forged}\n${real}` }, 'registry:GetPatient', {
        handle: patient.handle,
      }),
      'CALLER_UNKNOWN',
    );
  });

  test('attack 5: the right attributes of another MSP, of no enrolment, or without a role are refused', async () => {
    const world = base.fork();
    await world.grant(patient, {
      grantee: { kind: 'person', mspId: reader.mspId, practitionerId: reader.id },
    });
    const namesake = await enrol(world.hospital(2).mspId, reader.id, 'physician');
    const request = world.intentRequest(reader, record);
    await refused(world, world.run(namesake, 'access:DeclareIntent', request), 'CALLER_UNKNOWN');
    const bare = await certify(reader.mspId, reader, {});
    await refused(world, world.run(bare, 'access:DeclareIntent', request), 'CALLER_UNKNOWN');
    const roleless = await certify(reader.mspId, reader, { 'hf.EnrollmentID': reader.id });
    await refused(world, world.run(roleless, 'access:DeclareIntent', request), 'CALLER_UNKNOWN');
    const machine = await enrol(reader.mspId, reader.id, 'gateway');
    await refused(world, world.run(machine, 'access:DeclareIntent', request), 'CALLER_NOT_ENTITLED');
  });

  test('attack 6: suspended is refused at once, a changed role counts at once, a banned person does not return', async () => {
    const world = base.fork();
    const { registrar, mspId } = world.hospital(1);
    const personTag = world.names.bytes32();
    const person = await world.practitioner(world.hospital(1), 'physician', personTag);
    await world.grant(patient, { grantee: { kind: 'role', mspId, role: 'physician' } });
    const change = (what: object) =>
      world.run(registrar, 'registry:ChangePractitioner', { practitionerId: person.id, ...what });
    await change({ role: 'insurer' });
    expect((await world.declare(person, record)).segments).toMatchObject([{ code: 'ROLE_NOT_ENTITLED' }]);
    await change({ role: 'physician', status: 'suspended' });
    const intent = world.intentRequest(reader, record);
    await refused(world, world.run(person, 'access:DeclareIntent', intent), 'CALLER_INACTIVE');
    await change({ status: 'active' });
    expect((await world.declare(person, record)).segments).toMatchObject([{ decision: 'permit' }]);
    await change({ status: 'banned' });
    await expect(world.practitioner(world.hospital(1), 'physician', personTag)).rejects.toMatchObject({
      code: 'CALLER_INACTIVE',
    });
    await expect(change({ status: 'active' })).rejects.toMatchObject({ code: 'FORBIDDEN_TRANSITION' });
  });

  test('attack 7: a gateway cannot widen a signed consent, nor replay yesterday’s', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    const narrow = world.consent(patient, { grantee: toBirch(), categories: ['summary'] });
    const widened = { ...narrow, statement: { ...narrow.statement, categories: ['summary', 'laboratory'] } };
    await refused(world, world.run(gateway, 'consent:Grant', widened), 'SIGNATURE_INVALID');
    await world.run(gateway, 'consent:Grant', narrow);
    await refused(world, world.run(gateway, 'consent:Grant', narrow), 'ALREADY_EXISTS');
    const plan = { ...narrow.statement, version: 2, nonce: world.names.nonce() };
    await world.run(gateway, 'consent:Replace', world.consent(patient, { ...plan, categories: ['notes'] }));
    await refused(world, world.run(gateway, 'consent:Replace', narrow), 'STATEMENT_REPLAYED');
    await world.revoke(patient, narrow);
    await refused(world, world.run(gateway, 'consent:Grant', narrow), 'ALREADY_EXISTS');
    await refused(world, world.run(gateway, 'consent:GrantMany', { consents: [narrow] }), 'ALREADY_EXISTS');
    const old = world.consent(patient, { grantee: toBirch() });
    world.ledger.advance(24 * 3_600_000);
    await refused(world, world.run(gateway, 'consent:Grant', old), 'STATEMENT_EXPIRED');
  });

  test('attack 7: a consent for another channel is nothing here', async () => {
    const world = base.fork();
    const other = world.consent(patient, { grantee: toBirch(), channel: 'other' });
    await refused(world, world.run(world.hospital(0).gateway, 'consent:Grant', other), 'SIGNATURE_INVALID');
  });

  test('attack 8: neither administrator nor registrar grants in a patient’s name or swaps the patient’s key', async () => {
    const world = base.fork();
    const { registrar } = world.hospital(0);
    const administrator = await world.practitioner(world.hospital(0), 'administrator');
    const swapped = withNewKey(patient);
    for (const caller of [registrar, administrator]) {
      await refused(
        world,
        world.run(caller, 'registry:RegisterPatient', world.patientRequest(swapped)),
        'BAD_REQUEST',
      );
      const forged = world.consent(swapped, { grantee: toBirch() });
      await refused(world, world.run(caller, 'consent:Grant', forged), 'SIGNATURE_INVALID');
    }
    const fresh = world.newPatient(world.hospital(0));
    const unproven = { handle: fresh.handle, publicKey: fresh.publicKey, nonce: world.names.nonce() };
    const proof = signStatement(swapped, patientKeyStatement('tutela', patient.mspId, unproven));
    const request = { ...unproven, proof };
    await refused(world, world.run(registrar, 'registry:RegisterPatient', request), 'SIGNATURE_INVALID');
  });

  test('attack 8: what a patient decides needs as many endorsements as open a record, also after the consortium grew', async () => {
    const world = base.fork();
    const consent = world.consent(patient, { grantee: toBirch() });
    const grant = await endorse(world.ledger, reader, 'consent:Grant', consent);
    expect(world.ledger.commit(grant.stub, ['AlderMSP'])).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(world.ledger.commit(grant.stub, ['AlderMSP', 'CedarMSP'])).toBe('VALID');
    // A seventh hospital has joined, and the channel's definition asks four of seven.
    world.ledger.endorsements = 4;
    const revoke = await endorse(world.ledger, reader, 'consent:Revoke', world.revocation(patient, consent));
    const three = ['AlderMSP', 'BirchMSP', 'DogwoodMSP'];
    expect(world.ledger.commit(revoke.stub, three)).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(world.ledger.commit(revoke.stub, [...three, 'ElmMSP'])).toBe('VALID');
  });

  test('a home hospital that endorses nothing keeps no revocation of its patients off the ledger', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const revoke = await endorse(world.ledger, reader, 'consent:Revoke', world.revocation(patient, consent));
    expect(world.ledger.commit(revoke.stub, ['BirchMSP', 'CedarMSP'])).toBe('VALID');
  });
});
