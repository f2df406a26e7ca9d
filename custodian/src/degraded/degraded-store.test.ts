// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SignedAcknowledgement } from '@tutela/chaincode/domain';
import { acknowledgeDegraded } from '@tutela/chaincode/testing';
import { DegradedScene } from '../testing/degraded-scene.js';
import { DegradedStore, type DegradedCase } from './degraded-store.js';
import { hashOf } from './examine.js';

const error = jest.fn();
let folder: string;
let found: DegradedCase;
let words: readonly SignedAcknowledgement[];

beforeAll(async () => {
  const scene = await DegradedScene.begin();
  const request = scene.request();
  found = { v: 1, requestHash: hashOf(request), request, epoch: 1 };
  words = [0, 1].map((at) => acknowledgeDegraded(scene.world, scene.world.hospital(at).custodian, request));
  await scene.end();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'degraded-'));
  error.mockClear();
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => DegradedStore.open(folder, { error });
const path = () => join(folder, `${found.requestHash}.json`);

describe('what a custodian keeps of a request that it took while the ledger stalled', () => {
  test('is on the disk as the next start reads it, or is not taken', async () => {
    const store = await open();
    await store.keep(found, { acknowledgement: words[0], releasedOn: words });
    expect((await open()).find(found.requestHash)).toEqual(store.find(found.requestHash));
    const wrong = { releasedOn: [{ ...words[0], signature: '' }] } as unknown as Partial<DegradedCase>;
    await expect(store.keep(found, wrong)).rejects.toThrow();
    expect((await open()).pending()).toEqual(store.pending());
  });

  test('attack 42: with one hospital’s acknowledgement 32 times, as an earlier version kept it, has it once', async () => {
    const releasedOn = [words[0], ...Array.from({ length: 31 }, () => words[1])];
    await writeFile(path(), JSON.stringify({ ...found, acknowledgement: words[0], releasedOn }));
    expect((await open()).pending()).toMatchObject([{ releasedOn: words }]);
  });

  test.each([
    ['is cut off', () => '{"v":1,'],
    ['has another shape', () => JSON.stringify({ ...found, releasedOn: ['nothing'] })],
    ['is about another request', () => JSON.stringify({ ...found, requestHash: 'A'.repeat(43) })],
  ])(
    'attack 42: when its file %s, it stops no start, is named, and is not taken for absent',
    async (_, content) => {
      const bytes = content();
      await writeFile(path(), bytes);
      const store = await open();
      expect(error.mock.calls).toMatchObject([
        [{ alarm: 'DEGRADED_DAMAGED', requestHash: found.requestHash }, expect.any(String)],
      ]);
      expect(store.unposted).toBe(1);
      expect(() => store.find(found.requestHash)).toThrow('damaged');
      await expect(store.keep(found)).rejects.toThrow('damaged');
      expect(await readFile(path(), 'utf8')).toBe(bytes);
    },
  );
});
