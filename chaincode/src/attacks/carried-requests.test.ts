// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ownAuditRead } from '../testing/audit-read.js';
import { guardianOf, newGuardian, type TestGuardian } from '../testing/guardian.js';
import type { TestHospital } from '../testing/hospital.js';
import { fetchingOf, noticesRequest } from '../testing/notices.js';
import type { TestPatient } from '../testing/patient.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let patient: TestPatient;
let guardian: TestGuardian;
let emergencyId: string;

beforeAll(async () => {
  base = await TestWorld.found();
  patient = await base.patient(base.hospital(0));
  guardian = newGuardian(base);
  await base.run(base.hospital(0).gateway, 'registry:RegisterGuardian', guardianOf(base, patient, guardian));
  const clinician = await base.practitioner(base.hospital(2), 'physician');
  emergencyId = await base.emergency(clinician, patient);
});

describe('a request that a person has one hospital carry', () => {
  test.each(['patient', 'guardian'] as const)(
    'attack 7: an endorser that sees the request of a %s for the own notices fetches none with it, and leaves it unused',
    async (who) => {
      const world = base.fork();
      const [carrier, endorser] = [world.hospital(0), world.hospital(1)];
      const { guardianId, privateKey } = guardian;
      const asked = {
        patient: noticesRequest(world, patient, carrier.mspId),
        guardian: noticesRequest(world, { ...patient, privateKey }, carrier.mspId, { guardianId }),
      }[who];
      const { request } = await fetchingOf(world, carrier.gateway, asked);
      const listing = { ...asked, of: 'waiting', pageSize: 10 };
      for (const [name, tried] of [
        ['emergency:FetchNotices', request],
        ['emergency:ListNotices', listing],
      ] as const)
        await expect(world.run(endorser.gateway, name, tried)).rejects.toMatchObject({
          code: 'CALLER_NOT_ENTITLED',
        });
      const { answer } = await world.run(carrier.gateway, 'emergency:FetchNotices', request);
      const delivered = { through: carrier.mspId };
      expect(answer).toMatchObject({ notices: [{ emergencyId, delivered }] });
    },
  );

  test('attack 7: an endorser that sees a patient’s request to read the own log reads nothing with it, and leaves it unused', async () => {
    const world = base.fork();
    const [carrier, endorser] = [world.hospital(0), world.hospital(1)];
    const request = ownAuditRead(world, patient, carrier.mspId);
    const declare = (by: TestHospital) => world.run(by.gateway, 'audit:DeclareRead', request);
    await expect(declare(endorser)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    const { answer } = await declare(carrier);
    expect(answer).toMatchObject({ reader: { mspId: carrier.mspId } });
  });

  test('what a person decides is carried by any hospital', async () => {
    const world = base.fork();
    const consent = world.consent(patient, { grantee: { kind: 'hospital', mspId: world.hospital(2).mspId } });
    await world.run(world.hospital(1).gateway, 'consent:Grant', consent);
    const revoked = world.run(
      world.hospital(2).gateway,
      'consent:Revoke',
      world.revocation(patient, consent),
    );
    await expect(revoked).resolves.toBeDefined();
  });
});
