// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openOnly } from '../support/clinic.js';
import { insider } from '../support/insider.js';
import { ledgerRefusal } from '../support/ledger-client.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const DAY_MS = 24 * 3_600_000;
const THREE_DAYS_MS = 3 * DAY_MS;
/** Custodians of the shared consortium. */
const MEMBERS = 3;
const notices = z.looseObject({ notices: z.array(z.looseObject({ cause: z.string() })) });
const rotation = z.looseObject({
  publicKey: z.string(),
  txId: z.string(),
  approval: z.looseObject({ mspId: z.string() }).optional(),
  seenBy: z.array(z.string()).optional(),
  dueAt: z.string().optional(),
  ended: z.looseObject({ as: z.string() }).optional(),
  toConfirm: z.array(z.string()),
});

describe('a patient’s key that is said to be lost', () => {
  const scene = useScene();

  test('is not replaced by one hospital, nor before two days, and the patient who has it says no', async () => {
    const { away, content, home, patient, reader, record } = scene();
    const path = `/v1/patients/${patient.handle}/key-rotation`;
    const registrar = home.administrator;
    const request = patient.rotationRequest();
    expect(await refusalOf(away.administrator.post(path, request))).toMatchObject({ code: 'NOT_FOUND' });
    await registrar.post(path, request);
    const asked = rotation.parse(await registrar.get(path));
    const named = { publicKey: asked.publicKey, requestTxId: asked.txId };
    expect(await refusalOf(registrar.post(`${path}/approval`, named))).toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    const swapped = { ...named, publicKey: patient.rotationRequest().publicKey };
    expect(await refusalOf(away.administrator.post(`${path}/approval`, swapped))).toMatchObject({
      code: 'CONFLICT',
    });
    await away.administrator.post(`${path}/approval`, named);
    await waitUntil(async () => rotation.parse(await registrar.get(path)).seenBy?.length === MEMBERS, {
      what: 'every custodian to have seen the approval',
      deadlineMs: 60_000,
    });
    expect(await refusalOf(registrar.post(`${path}/completion`, named))).toMatchObject({
      code: 'FORBIDDEN_TRANSITION',
    });
    const view = rotation.parse(await registrar.get(path));
    expect([view.publicKey, view.approval?.mspId]).toEqual([request.publicKey, away.mspId]);
    expect(Date.parse(view.dueAt ?? '')).toBeGreaterThan(Date.now() + DAY_MS);

    const ledger = insider(home, 'registrar');
    const { handle } = patient;
    const ahead = { timestampMs: Date.now() + THREE_DAYS_MS };
    const dated = await ledgerRefusal(
      ledger.submit('registry:CompleteKeyRotation', { handle, ...named }, ahead),
    );
    ledger.close();
    expect(dated.code).toBe('CLOCK_SKEWED');

    const told = await reader.post(`/v1/patients/${handle}/notices`, patient.noticesRequest(away.mspId));
    const causes = notices.parse(told).notices.map(({ cause }) => cause);
    expect(causes.sort()).toEqual(['key-rotation-approved', 'key-rotation-requested']);
    const { otherPatient } = scene();
    const foreign = otherPatient.rotationVeto(request.publicKey);
    expect(await refusalOf(reader.post(`${path}/cancellation`, { ...named, veto: foreign }))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const veto = patient.rotationVeto(request.publicKey);
    await reader.post(`${path}/cancellation`, { ...named, veto });
    expect(rotation.parse(await registrar.get(path)).ended?.as).toBe('cancelled');
    expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
  });
});
