// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { monthOf, instantOf } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { storedAnswer } from '../support/answers.js';
import { declare, openAtOnce, openSegment } from '../support/clinic.js';
import { patternBytes } from '../support/fixtures.js';
import { randomNonce } from '../support/random-id.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

const MIB = 1024 * 1024;
const begun = z.looseObject({ uploadId: z.string(), offset: z.int() });

describe('an upload in pieces', () => {
  const scene = useScene();

  test('goes on where it stopped, opens whole and by range, and refuses a wrong offset', async () => {
    const { patient, physician, reader } = scene();
    const content = patternBytes(20 * MIB + 17, 7);
    const facts = {
      handle: patient.handle,
      category: 'laboratory',
      class: 'standard',
      month: monthOf(instantOf(Date.now())),
      contentType: 'application/octet-stream',
    };
    const { uploadId } = begun.parse(await physician.post('/v1/uploads', facts));
    const path = `/v1/uploads/${uploadId}`;
    const append = (offset: number, bytes: Uint8Array) =>
      physician.raw({
        method: 'PATCH',
        path,
        headers: {
          'upload-offset': String(offset),
          'content-type': 'application/offset+octet-stream',
          'idempotency-key': randomNonce(),
        },
        body: bytes,
      });
    await append(0, content.subarray(0, 17 * MIB));
    const asked = await physician.raw({ method: 'HEAD', path });
    const offset = Number(asked.headers['upload-offset']);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(17 * MIB);
    expect((await refusalOf(append(offset + 1, content.subarray(offset + 1)))).status).toBe(409);
    await append(offset, content.subarray(offset));
    const stored = storedAnswer.parse(await physician.post(`${path}/complete`, { size: content.length }));
    const { recordId, segments } = stored;
    expect(Buffer.compare(await openAtOnce(reader, { recordId }), content)).toBe(0);
    const intent = await declare(reader, { patient, recordId });
    const range = { range: 'bytes=17825790-17825799' };
    const piece = await openSegment(reader, intent, segments[0]?.segmentId ?? '', range);
    expect(Buffer.compare(piece, content.subarray(17_825_790, 17_825_800))).toBe(0);
  });

  test('an upload that is given up is gone', async () => {
    const { patient, physician } = scene();
    const facts = {
      handle: patient.handle,
      category: 'laboratory',
      class: 'standard',
      month: '2026-01',
      contentType: 'application/octet-stream',
    };
    const { uploadId } = begun.parse(await physician.post('/v1/uploads', facts));
    await physician.raw({
      method: 'DELETE',
      path: `/v1/uploads/${uploadId}`,
      headers: { 'idempotency-key': randomNonce() },
    });
    const complete = physician.post(`/v1/uploads/${uploadId}/complete`, { size: 0 });
    expect(await refusalOf(complete)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});
