// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openEmergency } from '../support/emergencies.js';
import { GuardianWallet } from '../support/guardian-wallet.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

const notices = z.looseObject({
  notices: z.array(z.looseObject({ emergencyId: z.string(), cause: z.string() })),
});
const guardians = z.looseObject({ guardians: z.array(z.looseObject({ guardianId: z.string() })) });
const emergency = z.looseObject({ contests: z.array(z.looseObject({ guardianId: z.string().optional() })) });

describe('a guardian', () => {
  const scene = useScene();

  test('is told of an emergency, contests it, and does neither once the patient has ended it', async () => {
    const { consortium, patient, physician, reader } = scene();
    const guardian = new GuardianWallet(consortium.channel);
    const path = `/v1/patients/${patient.handle}/guardians`;
    await physician.post(path, patient.guardianship(guardian));
    const { emergencyId } = await openEmergency(reader, patient, { scope: 'summary' });

    const told = await physician.post(
      `/v1/patients/${patient.handle}/notices`,
      guardian.noticesRequest(patient),
    );
    expect(notices.parse(told).notices).toMatchObject([{ emergencyId, cause: 'opened' }]);
    const contest = () =>
      physician.post(`/v1/emergencies/${emergencyId}/contest`, guardian.contest(patient, emergencyId));
    await contest();
    const contested = emergency.parse(await physician.get(`/v1/emergencies/${emergencyId}`));
    expect(contested.contests.map(({ guardianId }) => guardianId)).toEqual([guardian.guardianId]);

    const { guardianId } = guardian;
    await physician.post(`${path}/${guardianId}/removal`, patient.guardianRemoval(guardian));
    expect(guardians.parse(await physician.get(path)).guardians).toEqual([]);
    expect(await refusalOf(contest())).toMatchObject({ code: 'SIGNATURE_INVALID' });
    const asked = physician.post(`/v1/patients/${patient.handle}/notices`, guardian.noticesRequest(patient));
    expect(await refusalOf(asked)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  test('attack 2: no one is a guardian by the own statement, by another’s signature, or for another patient', async () => {
    const { consortium, otherPatient, patient, physician, reader } = scene();
    const [guardian, impostor] = [
      new GuardianWallet(consortium.channel),
      new GuardianWallet(consortium.channel),
    ];
    const path = `/v1/patients/${patient.handle}/guardians`;
    const named = patient.guardianship(guardian);
    const { proof } = patient.guardianship(impostor);
    expect(await refusalOf(physician.post(path, { ...named, proof }))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const { signature } = otherPatient.guardianship(guardian);
    expect(await refusalOf(physician.post(path, { ...named, signature }))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    await physician.post(path, named);
    const { emergencyId } = await openEmergency(reader, otherPatient, { scope: 'summary' });
    const contest = physician.post(
      `/v1/emergencies/${emergencyId}/contest`,
      guardian.contest(otherPatient, emergencyId),
    );
    expect(await refusalOf(contest)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });
});
