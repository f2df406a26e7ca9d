// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { storedAnswer, type IntentAnswer } from '../support/answers.js';
import { declare, grant, openOnly, openSegment, personGrantee } from '../support/clinic.js';
import { openEmergency } from '../support/emergencies.js';
import { keptCopies } from '../support/kept-copies.js';
import { askOperator } from '../support/operator-socket.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitFor, waitUntil } from '../support/wait.js';

const HOUR_MS = 3_600_000;
const SLOW_MS = 180_000;

const journals = z.looseObject({
  clean: z.boolean(),
  compared: z.record(z.string(), z.int()),
  silent: z.array(z.string()),
});
const resealed = storedAnswer.extend({
  retirementOrder: z.looseObject({ version: z.int(), txId: z.string() }),
});
const retirement = z.looseObject({
  complete: z.boolean(),
  replacedBy: z.int(),
  txId: z.string(),
  by: z.looseObject({ mspId: z.string() }),
  ended: z.looseObject({ as: z.string() }).optional(),
});
const exposures = z.looseObject({
  exposures: z.array(
    z.looseObject({ intentId: z.string(), requester: z.looseObject({ practitionerId: z.string() }) }),
  ),
  keysKnown: z.array(z.looseObject({ recordId: z.string(), version: z.int() })),
});
const notices = z.looseObject({
  txId: z.string(),
  notices: z.array(z.looseObject({ emergencyId: z.string(), cause: z.string() })),
});
const due = z.looseObject({ emergencies: z.array(z.looseObject({ emergencyId: z.string() })) });

describe('access is answered for afterwards', () => {
  const scene = useScene();

  test('attack 30: every custodian’s journal agrees with the ledger after a reading', async () => {
    const { content, home, patient, reader, record } = scene();
    expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
    const found = journals.parse(await askOperator(home.custodianSocket, 'GET', '/custody/reconciliation'));
    expect(found).toMatchObject({ clean: true, silent: [] });
    expect(Object.values(found.compared).some((lines) => lines > 0)).toBe(true);
  });

  test('the patient sees who opened what, and hence which keys are known', async () => {
    const { patient, physician, reader, record } = scene();
    const { intentId } = await declare(reader, { patient, recordId: record.recordId });
    let auditReadId = '';
    // A reading covers what lies before its own time, which comes from this hospital's clock.
    const found = await waitFor(
      async () => {
        const fresh = patient.auditRead(Date.now() - HOUR_MS, Date.now() + HOUR_MS);
        ({ auditReadId } = fresh);
        await physician.post('/v1/audit-reads', fresh);
        const path = `/v1/audit-reads/${auditReadId}/exposure`;
        const report = exposures.parse(await physician.get(path));
        return report.exposures.some((one) => one.intentId === intentId) ? report : undefined;
      },
      { what: 'the exposure to be reported', deadlineMs: 30_000 },
    );
    const one = found.exposures.find((exposure) => exposure.intentId === intentId);
    expect(one?.requester.practitionerId).toBe(reader.practitionerId);
    expect(found.keysKnown).toContainEqual(
      expect.objectContaining({ recordId: record.recordId, version: 1 }),
    );
    const { stranger } = scene();
    const theirs = stranger.get(`/v1/audit-reads/${auditReadId}/exposure`);
    expect(await refusalOf(theirs)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test(
    'attack 16: after a reseal an intent from before opens nothing, and every hospital lets the old blocks go',
    async () => {
      const { consortium, content, home, patient, physician, reader, record } = scene();
      const { recordId } = record;
      await grant(physician, patient, {
        grantee: personGrantee(home.mspId, physician),
        categories: ['laboratory'],
      });
      const before: IntentAnswer = await declare(reader, { patient, recordId });
      const segmentId = before.segments[0]?.segmentId ?? '';
      expect(await openSegment(reader, before, segmentId)).toEqual(content);
      const copies = await Promise.all(consortium.hospitals.map(keptCopies));
      const done = resealed.parse(
        await physician.post(`/v1/records/${recordId}/reseal`, { purpose: 'TREAT' }),
      );
      expect(done).toMatchObject({ recordId, version: 2, retirementOrder: { version: 1 } });
      // The patient looks at the new version first, and signs that it takes the place of the old one.
      expect(await openOnly(reader, { patient, recordId })).toEqual(content);
      const path = `/v1/records/${recordId}/versions/1/retirement`;
      await physician.post(path, { patient: patient.retirement(recordId, 1, done.manifestHash) });
      expect(await refusalOf(openSegment(reader, before, segmentId))).toMatchObject({ code: 'NOT_FOUND' });
      expect(await openOnly(reader, { patient, recordId })).toEqual(content);
      await waitUntil(async () => retirement.parse(await physician.get(path)).complete, {
        what: 'every hospital to confirm the retirement',
        deadlineMs: 120_000,
      });
      expect(await Promise.all(consortium.hospitals.map(keptCopies))).not.toEqual(copies);
      expect(await openOnly(reader, { patient, recordId })).toEqual(content);
    },
    SLOW_MS,
  );

  test('attack 41: a version that the patient did not sign away stands, and is kept by an objection elsewhere', async () => {
    const { home, patient, physician, reader, record } = scene();
    const { recordId } = record;
    const { version } = resealed.parse(
      await physician.post(`/v1/records/${recordId}/reseal`, { purpose: 'TREAT' }),
    );
    const old = version - 1;
    const path = `/v1/records/${recordId}/versions/${old}/retirement`;
    const waiting = retirement.parse(await physician.get(path));
    expect(waiting.ended).toBeUndefined();
    expect(waiting.by.mspId).toBe(home.mspId);
    const objection = patient.retirementObjection(recordId, old, waiting.txId);
    await reader.post(`${path}/cancellation`, { orderTxId: waiting.txId, objection });
    expect(retirement.parse(await physician.get(path)).ended).toMatchObject({ as: 'cancelled' });
    const summary = await physician.get(`/v1/records/${recordId}?version=${old}`);
    expect(summary).toMatchObject({ version: old });
  });

  test('a notice of an emergency waits for the patient and both offices, and a review is due', async () => {
    const { away, consortium, home, otherPatient, physician, reader } = scene();
    const { emergencyId } = await openEmergency(reader, otherPatient, {
      scope: 'summary',
      timeBoxMinutes: 1,
    });
    const [homeOffice, awayOffice] = await Promise.all([
      consortium.person(home, 'privacy-officer'),
      consortium.person(away, 'privacy-officer'),
    ]);
    for (const office of [homeOffice, awayOffice]) {
      const fetched = notices.parse(await office.get(`/v1/notices?emergencyId=${emergencyId}`));
      expect(fetched.notices).toMatchObject([{ emergencyId, cause: 'opened' }]);
    }
    const request = otherPatient.noticesRequest();
    const own = notices.parse(await physician.post(`/v1/patients/${otherPatient.handle}/notices`, request));
    expect(own.notices).toMatchObject([{ emergencyId, cause: 'opened' }]);
    const again = physician.post(`/v1/patients/${otherPatient.handle}/notices`, request);
    expect(await refusalOf(again)).toMatchObject({ code: 'STATEMENT_REPLAYED' });
    const reviews = due.parse(await awayOffice.get('/v1/emergencies/due-reviews'));
    expect(reviews.emergencies.map((one) => one.emergencyId)).toContain(emergencyId);
    expect(await refusalOf(reader.get('/v1/emergencies/due-reviews'))).toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
  });
});
