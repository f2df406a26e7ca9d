// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

/** Alder and Birch are honest; Cedar is not. */
let base: TestWorld;
let author: Identity;
let reader: Identity;
let hostile: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  patient = await base.patient(base.hospital(0));
  author = await base.practitioner(base.hospital(0), 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }, { category: 'notes' }]);
  reader = await base.practitioner(base.hospital(1), 'physician');
  hostile = await base.practitioner(base.hospital(2), 'physician');
  for (const person of [reader, hostile]) await base.passkey(person);
});

const under = (emergencyId: string) => ({ purpose: 'BTG', basis: { kind: 'emergency', emergencyId } });

describe('what one hospital writes stops no other', () => {
  test('attack 44: the patient’s home hospital ends no emergency of another hospital', async () => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    for (const role of ['privacy-officer', 'medical-officer'] as const) {
      const officer = await world.practitioner(world.hospital(0), role);
      await expect(world.run(officer, 'emergency:Close', { emergencyId })).rejects.toMatchObject({
        code: 'CALLER_NOT_ENTITLED',
      });
    }
    const { segments } = await world.declare(reader, record, under(emergencyId));
    expect(segments[0]).toMatchObject({ decision: 'permit' });
    const own = await world.practitioner(world.hospital(1), 'privacy-officer');
    await expect(world.run(own, 'emergency:Close', { emergencyId })).resolves.toMatchObject({
      answer: { state: 'closed' },
    });
  });
});
