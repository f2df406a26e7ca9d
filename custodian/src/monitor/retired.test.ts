// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ReleaseContext } from '@tutela/chaincode/domain';
import { retirementBy } from '@tutela/chaincode/testing';
import { Scene } from '../testing/scene.js';
import { findSegment, ManifestHashes } from './open-segment.js';

let scene: Scene | undefined;

afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

describe('a version that was retired after a reseal', () => {
  test('attack 16 and §15.33: an intent from before gets no share of it, the new version opens as before', async () => {
    scene = await Scene.begin();
    const { world, author, patient, doctor, record, reader } = scene;
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    const { recordId } = record.request;
    const chart = [{ category: 'laboratory' }, { category: 'notes' }] as const;
    const resealed = await world.prepare(patient, chart, { recordId, version: 2 });
    await world.register(author, resealed);
    const retired = { recordId, version: 1 };
    const word = retirementBy(world, patient, retired);
    await world.run(author, 'record:Retire', { ...retired, patient: word });
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['ERASED', 'NO_CONSENT']);
    const again = await world.declare(doctor, resealed, { sessionKey: reader.sessionKey });
    for (const at of [0, 1, 2]) expect(await scene.tryRelease(at, again.intentId)).toBe(1);
  });

  test('attack 16: a peer whose private data were put back from a backup opens nothing either', async () => {
    scene = await Scene.begin();
    const { world, record } = scene;
    const { intentId } = await scene.declare();
    const asked = await world.run(world.hospital(0).custodian, 'access:GetReleaseContext', { intentId });
    const context = asked.answer as ReleaseContext;
    const [segment] = record.vault.manifest.segments;
    if (segment === undefined) throw new Error('no segment');
    const ref = { recordId: record.request.recordId, version: 1, segmentId: segment.segmentId };
    expect(findSegment(context, ref, new ManifestHashes()).segment).toEqual(segment);
    const records = context.records.map((one) => ({
      ...one,
      version: { ...one.version, status: 'erased' as const },
    }));
    expect(() => findSegment({ ...context, records }, ref, new ManifestHashes())).toThrow('destroyed');
  });
});
