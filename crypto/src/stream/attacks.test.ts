// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { streamAad } from '../testing/labels.js';
import { SUITE_C1 } from '../suite.js';
import { collectUntilError, refusalOf } from '../testing/collect.js';
import { flipBit } from '../testing/unproven-kernel.js';
import { encryptWhole, place, plaintextOf, streamFixture } from '../testing/stream-fixture.js';
import { decryptStream } from './decrypt.js';
import { CHUNK_SIZE } from './geometry.js';
import { commitToKey, isCommittedKey, restoreStreamKey } from './stream-key.js';

const FIRST = 1_048_520;
const plaintext = plaintextOf(4 * CHUNK_SIZE);
const { secret, key } = streamFixture('attacks');
const whole = await encryptWhole(key, plaintext);
const chunks = [0, 1, 2, 3, 4].map((i) => whole.subarray(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE));

async function open(pieces: readonly Uint8Array[]) {
  return collectUntilError(decryptStream(secret, key.commitment, pieces));
}

async function expectStop(pieces: readonly Uint8Array[], goodChunks: number): Promise<void> {
  const { bytes, code } = await open(pieces);
  expect(code).toMatch(/^STREAM_(TAG|SIZE|HEADER)$/);
  expect(bytes.length).toBe(goodChunks === 0 ? 0 : FIRST + (goodChunks - 1) * (CHUNK_SIZE - 16));
  expect(Buffer.compare(bytes, plaintext.subarray(0, bytes.length))).toBe(0);
}

function pick(...order: readonly number[]): readonly Uint8Array[] {
  return order.map((i) => chunks[i] ?? new Uint8Array(0));
}

describe('attack §15.23: a stream that was changed', () => {
  test('cut at a chunk border hands out only the chunks before the new end', async () => {
    await expectStop(pick(0, 1, 2), 2);
    await expectStop(pick(0), 0);
  });

  test('cut inside a chunk', async () => {
    await expectStop([whole.subarray(0, 2 * CHUNK_SIZE + 100)], 2);
    await expectStop([whole.subarray(0, 39)], 0);
    await expectStop([], 0);
  });

  test('extended by bytes, by a chunk, or by a second stream', async () => {
    await expectStop([whole, Uint8Array.of(0)], 4);
    await expectStop(pick(0, 1, 2, 3, 4, 4), 4);
    await expectStop([whole, whole], 4);
  });

  test('with chunks swapped, doubled or left out', async () => {
    await expectStop(pick(0, 2, 1, 3, 4), 1);
    await expectStop(pick(0, 1, 1, 2, 3, 4), 2);
    await expectStop(pick(0, 2, 3, 4), 1);
  });

  test('with a chunk of another stream spliced in', async () => {
    const foreign = await encryptWhole(streamFixture('foreign').key, plaintext);
    await expectStop([...pick(0), foreign.subarray(CHUNK_SIZE, 2 * CHUNK_SIZE), ...pick(2, 3, 4)], 1);
  });

  test('with any bit flipped', async () => {
    const small = await encryptWhole(key, plaintext.subarray(0, 40));
    for (let bit = 0; bit < small.length * 8; bit += 1) {
      const { bytes, code } = await open([flipBit(small, bit)]);
      expect([bytes.length, code === undefined]).toEqual([0, false]);
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40 * 8, max: whole.length * 8 - 1 }), async (bit) => {
        await expectStop([flipBit(whole, bit)], Math.floor(bit / 8 / CHUNK_SIZE));
      }),
      { numRuns: 12 },
    );
  });
});

describe('attack §15.24: a ciphertext made to open under two keys', () => {
  test('is refused for the second key before any chunk is tried', async () => {
    const other = streamFixture('other key').secret;
    const { bytes, code } = await collectUntilError(decryptStream(other, key.commitment, [whole]));
    expect([bytes.length, code]).toEqual([0, 'KEY_COMMITMENT']);
  });

  test('a commitment binds the salt as well as the key', () => {
    const salt = key.header.subarray(1, 33);
    expect(commitToKey(secret.dek, salt)).toEqual(key.commitment);
    expect(commitToKey(secret.dek, flipBit(salt, 3))).not.toEqual(key.commitment);
  });
});

test('a recovered key is compared with the commitment before anything is fetched but the header', () => {
  const stream = { suite: secret.suite, header: whole.subarray(0, 40), commitment: key.commitment };
  expect(isCommittedKey(secret.dek, stream)).toBe(true);
  expect(isCommittedKey(flipBit(secret.dek, 9), stream)).toBe(false);
  expect(refusalOf(() => isCommittedKey(secret.dek, { ...stream, header: whole.subarray(0, 39) }))).toBe(
    'STREAM_HEADER',
  );
  expect(refusalOf(() => isCommittedKey(secret.dek, { ...stream, suite: SUITE_C1 }))).toBe('STREAM_HEADER');
});

describe('attack §15.25: a ciphertext moved or downgraded', () => {
  const moves = [
    { recordId: 'rec-2' },
    { version: 2 },
    { segmentId: 'seg-2' },
    { channel: 'other' },
    { suite: 2 },
  ];

  test.each(moves)('does not open under %j', async (move) => {
    const aad = streamAad({ ...place, ...move });
    const { bytes, code } = await collectUntilError(
      decryptStream({ ...secret, aad }, key.commitment, [whole]),
    );
    expect([bytes.length, code]).toEqual([0, 'STREAM_TAG']);
  });

  test('does not open as the weaker suite', async () => {
    const { code } = await collectUntilError(
      decryptStream({ ...secret, suite: SUITE_C1 }, key.commitment, [whole]),
    );
    expect(code).toBe('STREAM_HEADER');
    expect(
      refusalOf(() => restoreStreamKey({ ...secret, suite: SUITE_C1 }, key.header, key.commitment)),
    ).toBe('STREAM_HEADER');
  });
});
