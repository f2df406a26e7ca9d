// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { declare, grant, openOnly, openSegment, personGrantee } from '../support/clinic.js';
import { whileOrderersAreFrozen } from '../support/frozen-orderers.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const STALLED_MS = 240_000;
const signed = z.looseObject({
  suspension: z.looseObject({ statement: z.looseObject({}), signatures: z.array(z.looseObject({})) }),
  heldBy: z.array(z.string()),
  txId: z.string().optional(),
});

describe('an identity is taken out of use', () => {
  const scene = useScene();

  test('by two other hospitals together, not by one alone, until one of them takes its word back', async () => {
    const { away, consortium, content, home, patient, reader, record } = scene();
    const third = consortium.at(2);
    const wish = { mspId: away.mspId, practitionerId: reader.practitionerId, reason: 'key-stolen' };
    const reading = { patient, recordId: record.recordId };
    const first = signed.parse(await home.administrator.post('/v1/suspensions', wish));
    expect([first.heldBy, first.txId]).toEqual([[], undefined]);
    const intent = await declare(reader, reading);

    const path = '/v1/suspensions/countersignature';
    const second = signed.parse(await third.administrator.post(path, first.suspension));
    expect(second.heldBy.toSorted()).toEqual(consortium.hospitals.map(({ mspId }) => mspId).toSorted());
    const opened = openSegment(reader, intent, record.segments[0]?.segmentId ?? '');
    // The reader's own gateway turns the person away once it has heard of the block, the custodians before that.
    expect(['CALLER_UNKNOWN', 'CALLER_INACTIVE']).toContain((await refusalOf(opened)).code);
    const { administrator } = away;
    const person = `/v1/practitioners/${reader.practitionerId}`;
    const reinstate = () => administrator.write('PATCH', person, { status: 'active' });
    expect(await refusalOf(reinstate())).toMatchObject({ code: 'FORBIDDEN_TRANSITION' });
    const lifting = `/v1/suspensions/${away.mspId}/${reader.practitionerId}`;
    await home.administrator.raw({ method: 'DELETE', path: lifting });
    await reinstate();
    expect(await openOnly(reader, reading)).toEqual(content);
  });

  test('attack 7: nobody but an administrator signs, and a signature is for one identity', async () => {
    const { away, consortium, home, physician, reader, stranger } = scene();
    const wish = { mspId: away.mspId, practitionerId: reader.practitionerId, reason: 'key-stolen' };
    expect(await refusalOf(physician.post('/v1/suspensions', wish))).toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    const { suspension } = signed.parse(await home.administrator.post('/v1/suspensions', wish));
    const { practitionerId } = stranger;
    const forged = { ...suspension, statement: { ...suspension.statement, practitionerId } };
    const third = consortium.at(2).administrator;
    expect(await refusalOf(third.post('/v1/suspensions/countersignature', forged))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  test(
    'attack 29: by the own hospital it bites at every custodian while frozen orderers keep it back',
    async () => {
      const { away, consortium, content, patient, physician, record } = scene();
      const reader = await consortium.person(away, 'physician');
      const wish = { grantee: personGrantee(away.mspId, reader), categories: ['laboratory'] } as const;
      await grant(physician, patient, wish);
      const reading = { patient, recordId: record.recordId };
      expect(await openOnly(reader, reading)).toEqual(content);
      const intent = await declare(reader, reading);
      const { practitionerId } = reader;
      const key = { mspId: away.mspId, practitionerId, reason: 'key-stolen' };
      const segmentId = record.segments[0]?.segmentId ?? '';
      const suspended = await whileOrderersAreFrozen(consortium, async () => {
        const answer = away.administrator.post('/v1/suspensions', key).then((body) => signed.parse(body));
        // It waits for the ledger; a check that fails meanwhile must not leave it unheard.
        answer.catch(() => undefined);
        await waitUntil(
          async () => (await refusalOf(openSegment(reader, intent, segmentId))).code === 'NOT_FOUND',
          { what: 'the custodians to hold the identity', deadlineMs: 30_000 },
        );
        return { answer };
      });
      expect((await suspended.answer).txId).toBeDefined();
      expect(await refusalOf(declare(reader, reading))).toMatchObject({ code: 'CALLER_UNKNOWN' });
    },
    STALLED_MS,
  );
});
