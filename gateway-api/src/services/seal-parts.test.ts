// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import {
  createStreamKey,
  encryptParts,
  PART_SIZE,
  SUITE_S1,
  systemRandom,
  type SealedPart,
  type StreamKey,
} from '@tutela/crypto';
import { streamAad } from '@tutela/crypto/testing';
import { sealParts } from './seal-parts.js';

const place = { suite: SUITE_S1, channel: 'tutela', recordId: 'r', version: 1, segmentId: 's' };
const key: StreamKey = createStreamKey(
  { suite: SUITE_S1, dek: systemRandom(32), aad: streamAad(place) },
  systemRandom,
);

type Kept = Omit<SealedPart, 'plaintextSize'>;

function cut(content: Uint8Array, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(content.length / size) }, (_, i) =>
    content.subarray(i * size, (i + 1) * size),
  );
}

async function expected(content: Uint8Array): Promise<readonly Kept[]> {
  const parts: Kept[] = [];
  for await (const { plaintextSize, ...part } of encryptParts(key, [content]))
    if (plaintextSize >= 0) parts.push(part);
  return parts;
}

const copied = (part: Kept): Kept => ({ ...part, ciphertext: Buffer.from(part.ciphertext) });

describe('parts in one reused buffer', () => {
  test.each([0, 1, 1_048_520, 1_048_521, 1_048_576, PART_SIZE - 296, PART_SIZE - 295, 3 * PART_SIZE + 5])(
    'of %i bytes are those that the format prescribes, however they arrive',
    async (size) => {
      const content = systemRandom(size);
      const want = await expected(content);
      for (const piece of [65_536, 1_048_576 + 13, size + 1]) {
        const got = await sealParts(key, cut(content, piece), (part) => Promise.resolve(copied(part)));
        expect(got.map(({ index, isLast }) => [index, isLast])).toEqual(
          want.map(({ index, isLast }) => [index, isLast]),
        );
        for (const [i, part] of got.entries()) {
          expect(Buffer.compare(part.ciphertext, want[i]?.ciphertext ?? Buffer.of())).toBe(0);
          expect(Buffer.compare(part.sha256, want[i]?.sha256 ?? Buffer.of())).toBe(0);
          expect(Buffer.compare(part.tag, want[i]?.tag ?? Buffer.of())).toBe(0);
        }
      }
    },
  );

  test('a slow store sees its bytes unchanged until it is done, and one part is stored at a time', async () => {
    let open = 0;
    let most = 0;
    const kept = await sealParts(key, cut(systemRandom(4 * PART_SIZE), 1_000_003), async (part) => {
      open += 1;
      most = Math.max(most, open);
      const before = Buffer.from(part.ciphertext.subarray(0, 64));
      await new Promise((resolve) => setTimeout(resolve, 50));
      open -= 1;
      return before.equals(Buffer.from(part.ciphertext.subarray(0, 64)));
    });
    expect(kept).toEqual([true, true, true, true, true]);
    expect(most).toBe(1);
  });

  test('a part that cannot be stored ends the stream with its error', async () => {
    const failing = sealParts(key, cut(systemRandom(3 * PART_SIZE), 1_000_003), () =>
      Promise.reject(new Error('full')),
    );
    await expect(failing).rejects.toThrow('full');
  });
});
