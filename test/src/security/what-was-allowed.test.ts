// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { CONSENTED_PURPOSES } from '@tutela/chaincode/domain';
import {
  declare,
  grant,
  openAtOnce,
  openOnly,
  openSegment,
  personGrantee,
  storeRecord,
} from '../support/clinic.js';
import { readBlock } from '../support/disk-blocks.js';
import { filesHolding } from '../support/disk-search.js';
import { openEmergency, stepEmergency } from '../support/emergencies.js';
import { smallDocument, syntheaBundles } from '../support/fixtures.js';
import { askCustodians } from '../support/insider-acts.js';
import { releaseContextAt } from '../support/insider.js';
import { randomId } from '../support/random-id.js';
import { refusalOf, RestProblem } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { stealShares, tryToOpen } from '../support/thief.js';
import { waitUntil } from '../support/wait.js';

const bundle = z.looseObject({
  entry: z.array(z.looseObject({ resource: z.looseObject({ resourceType: z.string() }) })),
});

/** A Bundle whose contents claim every urgency that FHIR has words for. */
function alarmingBundle(): Uint8Array {
  const label = (code: string) => ({ coding: [{ code }] });
  const observation = {
    resourceType: 'Observation',
    status: 'final',
    meta: { security: [{ code: 'ETREAT' }], tag: [{ code: 'emergency' }] },
    category: [label('laboratory')],
    code: { text: 'Potassium' },
    interpretation: [label('AA'), label('HH')],
    valueQuantity: { value: 7.9, unit: 'mmol/l' },
  };
  const flag = {
    resourceType: 'Flag',
    status: 'active',
    category: [label('safety')],
    code: { text: 'crisis' },
  };
  const entry = [observation, flag].map((resource) => ({ resource }));
  return new TextEncoder().encode(JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }));
}

describe('what was allowed', () => {
  const scene = useScene();

  test('attack 12: an emergency reaches no other patient, nothing beyond its scope, and no person but its requester', async () => {
    const { away, consortium, otherPatient, patient, record, stranger } = scene();
    const { emergencyId } = await openEmergency(stranger, otherPatient);
    const under = { purpose: 'BTG', emergencyId, recordId: record.recordId } as const;
    expect(await refusalOf(declare(stranger, { ...under, patient }))).toMatchObject({ code: 'NOT_FOUND' });
    const own = await openEmergency(stranger, patient);
    const mine = { ...under, patient, emergencyId: own.emergencyId };
    expect(await refusalOf(declare(stranger, mine))).toMatchObject({ code: 'NOT_FOUND' });
    const colleague = await consortium.person(away, 'physician');
    expect(await refusalOf(declare(colleague, mine))).toMatchObject({ code: 'NOT_FOUND' });
    await stepEmergency(stranger, own.emergencyId, 'closure');
  });

  test('attack 13: a treatment consent covers no break-glass, and no consent can name it', async () => {
    const { away, patient, physician, reader, record } = scene();
    const broken = declare(reader, { patient, recordId: record.recordId, purpose: 'BTG' });
    expect(await refusalOf(broken)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const grantee = personGrantee(away.mspId, reader);
    const wish = patient.consent({ grantee, categories: ['laboratory'], purposes: ['BTG'] });
    expect(await refusalOf(physician.post('/v1/consents', wish))).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('attack 14: data that calls itself critical, abnormal or urgent goes no way round consent', async () => {
    const { patient, physician, stranger } = scene();
    const file = { name: 'alarm', contentType: 'application/fhir+json', bytes: alarmingBundle() };
    const { recordId } = await storeRecord(physician, patient, file);
    for (const purpose of CONSENTED_PURPOSES)
      expect(await refusalOf(declare(stranger, { patient, recordId, purpose }))).toMatchObject({
        status: 404,
        code: 'NOT_FOUND',
      });
    expect(await refusalOf(declare(stranger, { patient, recordId, purpose: 'BTG' }))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    expect(await refusalOf(openAtOnce(stranger, { recordId }))).toMatchObject({ code: 'NOT_FOUND' });
    const listed = await stranger.get(`/v1/records?handle=${patient.handle}`);
    expect(JSON.stringify(listed)).not.toContain(recordId);
  });

  test('attack 15: neither a token nor an intent from before a revocation opens anything after it', async () => {
    const { away, patient, physician, reader } = scene();
    const file = smallDocument('Taken back');
    const stored = await storeRecord(physician, patient, file, { category: 'device' });
    const wish = { grantee: personGrantee(away.mspId, reader), categories: ['device'] } as const;
    const { consentId } = await grant(physician, patient, wish);
    const reading = { patient, recordId: stored.recordId };
    expect(await openOnly(reader, reading)).toEqual(file.bytes);
    const before = await declare(reader, reading);
    await physician.post(`/v1/consents/${consentId}/revocation`, patient.revocation(consentId));
    expect(await refusalOf(openOnly(reader, reading))).toMatchObject({ code: 'NOT_FOUND' });
    const segmentId = stored.segments[0]?.segmentId ?? '';
    const late = await refusalOf(openSegment(reader, before, segmentId));
    expect(late).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const range = await refusalOf(openSegment(reader, before, segmentId, { range: 'bytes=0-3' }));
    expect(range.code).toBe(late.code);
  });

  test('attack 16: what a hospital kept of a revoked record, its capsule, its share and the blocks, opens nothing', async () => {
    const { away, consortium, patient, physician, reader } = scene();
    const stored = await storeRecord(physician, patient, smallDocument('Kept'), { category: 'notes' });
    const wish = { grantee: personGrantee(away.mspId, reader), categories: ['notes'] } as const;
    const { consentId } = await grant(physician, patient, wish);
    const intent = await declare(reader, { patient, recordId: stored.recordId });
    const everywhere = (answer: string) => consortium.hospitals.map(() => answer);
    expect(await askCustodians(consortium, away, intent)).toEqual(everywhere('released'));
    const kept = await releaseContextAt(away, intent.intentId);
    await physician.post(`/v1/consents/${consentId}/revocation`, patient.revocation(consentId));
    // At once by the hold, until the custodian's own peer shows the revocation.
    const atOnce = await askCustodians(consortium, away, intent);
    expect(atOnce.filter((code) => code !== 'HELD' && code !== 'NO_CONSENT')).toEqual([]);
    const byTheLedger = async (): Promise<boolean> => {
      const answers = await askCustodians(consortium, away, intent);
      return answers.every((code) => code === 'NO_CONSENT');
    };
    await waitUntil(byTheLedger, { what: 'the revocation at every custodian', deadlineMs: 30_000 });
    const disks = consortium.hospitals.map(({ diskDir }) => diskDir);
    const { parts = [] } = kept.records[0]?.manifest?.segments[0] ?? {};
    const ciphertext = await readBlock(disks, parts[0]?.sha256 ?? '');
    const shares = await stealShares(away);
    const segmentId = stored.segments[0]?.segmentId ?? '';
    expect(tryToOpen(kept, segmentId, { shares, ciphertext })).toMatchObject({
      genuineShares: 1,
      combining: 'SHARE_SET',
      decrypting: 'KEY_COMMITMENT',
    });
    // Blocks and events are for ever: they name the version by its hash, and carry neither capsule nor CID.
    const inBlocks = (text: string) =>
      filesHolding(join(away.diskDir, 'peer', 'data', 'ledgersData', 'chains'), [Buffer.from(text)]);
    expect(await inBlocks(stored.manifestHash)).not.toEqual([]);
    for (const secret of [kept.capsules[0]?.capsule ?? '', parts[0]?.cid ?? ''])
      expect(await inBlocks(secret)).toEqual([]);
  });

  test('attack 17: nobody supersedes a record without the right, and the old version stays', async () => {
    const { content, patient, reader, record, stranger } = scene();
    const query = new URLSearchParams({
      handle: patient.handle,
      category: 'laboratory',
      class: 'standard',
      month: '2026-01',
    });
    const path = `/v1/records/${record.recordId}/versions?${query.toString()}`;
    const body = { contentType: 'application/json', bytes: '{"forged":true}' };
    expect(await refusalOf(stranger.upload(path, body))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
  });

  test('attack 18: what exists and what does not look the same to a stranger, everywhere', async () => {
    const { patient, record, stranger } = scene();
    const never = randomId('record');
    const faces = (recordId: string) => [
      stranger.get(`/v1/records/${recordId}`),
      stranger.bytes(`/v1/records/${recordId}/content?purpose=TREAT`),
      declare(stranger, { patient, recordId }),
    ];
    const shape = async (call: Promise<unknown>) => {
      const { status, code, members } = await refusalOf(call);
      return { status, code, names: Object.keys(members).sort(), detail: members['detail'] };
    };
    const real = await Promise.all(faces(record.recordId).map(shape));
    const absent = await Promise.all(faces(never).map(shape));
    expect(real).toEqual(absent);
    const listed = await stranger.get(`/v1/records?handle=${patient.handle}`);
    const elsewhere = await stranger
      .get(`/v1/records?handle=${randomId('handle')}`)
      .catch((error: unknown) => error);
    expect(JSON.stringify(listed)).not.toContain('rec_');
    expect(elsewhere instanceof RestProblem ? elsewhere.status : elsewhere).toEqual(
      elsewhere instanceof RestProblem ? 404 : listed,
    );
  });

  test('attack 19: a withheld category stays closed inside a Bundle and when it is named', async () => {
    const { away, patient, physician, consortium } = scene();
    const reader = await consortium.person(away, 'physician');
    const stored = await storeRecord(physician, patient, syntheaBundles()[0]);
    const [kept, ...withheld] = [...new Set(stored.segments.map(({ category }) => category))];
    if (kept === undefined || withheld.length === 0) throw new Error('the Bundle has one category only');
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, reader),
      categories: [kept as 'laboratory'],
      records: [stored.recordId],
    });
    const opened = await openAtOnce(reader, { recordId: stored.recordId });
    const seen = bundle.parse(JSON.parse(new TextDecoder().decode(opened))).entry.length;
    const all = bundle.parse(JSON.parse(new TextDecoder().decode(syntheaBundles()[0].bytes))).entry.length;
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(all);
    for (const category of withheld) {
      const path = `/v1/records/${stored.recordId}/content?purpose=TREAT&category=${category}`;
      expect(await refusalOf(reader.bytes(path))).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('attack 20: concurrent readers together do not exceed the number of reads', async () => {
    const { away, consortium, patient, physician } = scene();
    const stored = await storeRecord(physician, patient, smallDocument('Thrice'), {
      category: 'substance-use',
    });
    const grantee = { kind: 'hospital', mspId: away.mspId };
    await grant(physician, patient, { grantee, categories: ['substance-use'], maxReads: 3 });
    const readers = await Promise.all([1, 2].map(() => consortium.person(away, 'physician')));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, turn) => readers[turn % 2])
        .flatMap((reader) => reader ?? [])
        .map((reader) =>
          openOnly(reader, { patient, recordId: stored.recordId }).then(
            () => 'opened',
            (error: unknown) => (error instanceof RestProblem ? error.code : 'failed'),
          ),
        ),
    );
    const opened = outcomes.filter((outcome) => outcome === 'opened').length;
    expect(opened).toBeLessThanOrEqual(3);
    expect(opened).toBeGreaterThan(0);
    expect(outcomes).not.toContain('failed');
  });
});
