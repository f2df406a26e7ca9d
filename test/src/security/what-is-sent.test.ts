// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CLINICIAN_QUOTA } from '@tutela/chaincode/domain';
import { storedAnswer } from '../support/answers.js';
import { chartQuery, storeRecord } from '../support/clinic.js';
import { openEmergency } from '../support/emergencies.js';
import { smallDocument } from '../support/fixtures.js';
import { randomNonce } from '../support/random-id.js';
import type { Session } from '../support/rest-client.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function send(session: Session, body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}) {
  const all = { ...JSON_TYPE, 'idempotency-key': randomNonce(), ...headers };
  return refusalOf(session.raw({ method: 'POST', path: '/v1/consents', headers: all, body }));
}

describe('what is sent', () => {
  const scene = useScene();

  test('attack 31: bodies too large, too deep, ambiguous, or of a wrong encoding are refused with a code', async () => {
    const { patient, physician, reader, away } = scene();
    const wish = {
      grantee: { kind: 'person', mspId: away.mspId, practitionerId: reader.practitionerId },
      categories: ['notes'],
    } as const;
    const honest = JSON.stringify(patient.consent(wish));
    expect(await send(physician, `${' '.repeat(4 * 1024 * 1024)}${honest}`)).toMatchObject({
      status: 413,
      code: 'TOO_LARGE',
    });
    expect(await send(physician, `${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(await send(physician, honest.replace('{', '{"signature":"x",'))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(await send(physician, Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect((await send(physician, gzipSync(honest), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await send(physician, '<a/>', { 'content-type': 'application/xml' })).status).toBe(415);
  });

  test('attack 32: polluted prototypes, paths and headers change nothing and are refused', async () => {
    const { physician } = scene();
    expect(await send(physician, '{"__proto__":{"admin":true}}')).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await send(physician, '{"constructor":{"prototype":{"admin":true}}}')).toMatchObject({
      code: 'BAD_REQUEST',
    });
    const traversal = await refusalOf(physician.get('/v1/records/..%2f..%2fetc%2fpasswd'));
    expect(traversal).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect((await send(physician, '{}', { 'idempotency-key': 'x'.repeat(1000) })).status).toBe(400);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('attack 33: a key with another body is a conflict; a race under one key makes one record', async () => {
    const { patient, physician } = scene();
    const idempotencyKey = randomNonce();
    const file = smallDocument('Once');
    const first = await storeRecord(physician, patient, file, { category: 'notes', idempotencyKey });
    const again = await storeRecord(physician, patient, file, { category: 'notes', idempotencyKey });
    expect(again).toEqual(first);
    const path = `/v1/records?${chartQuery(patient, { category: 'notes' }, file.contentType)}`;
    const other = { contentType: file.contentType, bytes: '{"other":"body"}', idempotencyKey };
    expect(await refusalOf(physician.upload(path, other))).toMatchObject({ code: 'CONFLICT' });
    const raced = randomNonce();
    const racers = [1, 2, 3].map(() =>
      physician
        .upload(path, { contentType: file.contentType, bytes: file.bytes, idempotencyKey: raced })
        .then(
          (answer) => storedAnswer.parse(answer).recordId,
          () => 'refused',
        ),
    );
    const outcomes = new Set((await Promise.all(racers)).filter((outcome) => outcome !== 'refused'));
    expect(outcomes.size).toBe(1);
  });

  test('attack 34: a clinician breaks the glass no more often than the quota, whatever the patient', async () => {
    const { away, consortium, home } = scene();
    const clinician = await consortium.person(away, 'physician');
    const patients = await Promise.all(
      Array.from({ length: CLINICIAN_QUOTA + 1 }, () => consortium.patient(home)),
    );
    const [last, ...others] = patients;
    for (const patient of others) await openEmergency(clinician, patient);
    if (last === undefined) throw new Error('no patient');
    expect(await refusalOf(openEmergency(clinician, last))).toMatchObject({ code: 'EMERGENCY_QUOTA' });
  });

  test('attack 18: without a token, with a forged one, or beyond its scopes nothing answers', async () => {
    const { away, patient, physician, reader } = scene();
    const path = `/v1/records?handle=${patient.handle}`;
    const bare = await away.gateway.send({ method: 'GET', path });
    expect(bare.status).toBe(401);
    const forged = await away.gateway.send({
      method: 'GET',
      path,
      headers: { authorization: 'Bearer e30.e30.AA' },
    });
    expect(forged.status).toBe(401);
    const foreign = await away.gateway.send({
      method: 'GET',
      path,
      headers: await physician.authorization(),
    });
    expect(foreign.status).toBe(401);
    const narrow = away.gateway.session(away.system, reader.practitionerId, ['consents.read']);
    expect((await refusalOf(narrow.get(path))).status).toBe(403);
  });
});
