// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { streamAad } from '../testing/labels.js';
import { SUITE_C1, SUITE_S1 } from '../suite.js';
import { collect, collectUntilError, cutInto, refusalOf } from '../testing/collect.js';
import { readReferenceStream, type ReferenceFormat } from '../testing/reference-reader.js';
import { encryptWhole, place, plaintextOf, streamFixture } from '../testing/stream-fixture.js';
import { decryptPart, decryptRange, decryptStream } from './decrypt.js';
import { encryptPart, encryptParts, encryptStream, partPlaintextStart } from './encrypt.js';
import {
  CHUNK_SIZE,
  chunkCount,
  chunkOfPlaintext,
  chunkPlaintextStart,
  ciphertextSizeOf,
  partCiphertextRange,
  partCount,
  partPlaintextRange,
  PART_SIZE,
  plaintextSizeOf,
  planRange,
} from './geometry.js';
import { partsDigest, partsTag, startPartDigest, startPartTag } from './parts-digest.js';
import { restoreStreamKey } from './stream-key.js';

interface TinkVector extends ReferenceFormat {
  readonly key: string;
  readonly plaintext: string;
  readonly aad: string;
  readonly ciphertext: string;
}

const FIRST = 1_048_520;
const LATER = 1_048_560;
const unhex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'hex'));
const tink = JSON.parse(
  readFileSync(new URL('../../vectors/tink-aes-gcm-hkdf.json', import.meta.url), 'utf8'),
) as {
  vectors: TinkVector[];
};

describe('the wire format', () => {
  test.each(tink.vectors)(
    'the reference reader opens what Tink wrote ($hash, $segmentSize)',
    async (vector) => {
      const opened = await readReferenceStream(
        vector,
        unhex(vector.key),
        unhex(vector.aad),
        unhex(vector.ciphertext),
      );
      expect(Buffer.from(opened).toString()).toBe(vector.plaintext);
    },
  );

  test.each([0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + LATER, FIRST + LATER + 5])(
    'the reference reader opens what the product wrote: %d bytes',
    async (size) => {
      const { secret, key } = streamFixture(`reference ${String(size)}`);
      const plaintext = plaintextOf(size);
      const ciphertext = await encryptWhole(key, plaintext);
      const format = { hash: 'SHA-256', derivedKeySize: 32, segmentSize: CHUNK_SIZE } as const;
      const opened = await readReferenceStream(
        format,
        Uint8Array.from(secret.dek),
        Uint8Array.from(secret.aad),
        ciphertext,
      );
      expect(Buffer.compare(opened, plaintext)).toBe(0);
      expect(ciphertext[0]).toBe(0x28);
    },
  );

  test('the compatibility suite has a header of 32 bytes and opens again', async () => {
    const { secret, key } = streamFixture('c1', SUITE_C1);
    const plaintext = plaintextOf(FIRST + 9);
    const ciphertext = await encryptWhole(key, plaintext);
    expect(ciphertext[0]).toBe(0x20);
    expect(ciphertext.length).toBe(ciphertextSizeOf(SUITE_C1, plaintext.length));
    const opened = await collect(decryptStream(secret, key.commitment, [ciphertext]));
    expect(Buffer.compare(opened, plaintext)).toBe(0);
  });
});

describe('pieces of any size', () => {
  const plaintext = plaintextOf(FIRST + 700);

  test.each([[[1]], [[7, 65_536, 13]], [[CHUNK_SIZE]], [[FIRST]], [[10_000_000]]])(
    'in pieces of %j give the same bytes both ways',
    async (sizes) => {
      const { secret, key } = streamFixture('pieces');
      const whole = await encryptWhole(key, plaintext);
      const ciphertext = await collect(encryptStream(key, cutInto(plaintext, sizes)));
      expect(Buffer.compare(ciphertext, whole)).toBe(0);
      const opened = await collect(decryptStream(secret, key.commitment, cutInto(ciphertext, sizes)));
      expect(Buffer.compare(opened, plaintext)).toBe(0);
    },
  );
});

describe('parts', () => {
  const size = PART_SIZE + 2 * CHUNK_SIZE + 17;
  const plaintext = plaintextOf(size);

  test('make up the stream, and their digests the digest and tag of the whole', async () => {
    const { key } = streamFixture('parts');
    const whole = await encryptWhole(key, plaintext);
    const parts = [];
    for await (const part of encryptParts(key, cutInto(plaintext, [100_003]))) parts.push(part);
    expect(parts.map(({ index, isLast }) => [index, isLast])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(Buffer.compare(Buffer.concat(parts.map(({ ciphertext }) => ciphertext)), whole)).toBe(0);
    expect(parts.reduce((sum, { plaintextSize }) => sum + plaintextSize, 0)).toBe(size);
    for (const part of parts) {
      const digest = startPartDigest();
      digest.update(part.ciphertext);
      expect(part.sha256).toEqual(digest.digest());
      const { start, end } = partPlaintextRange(SUITE_S1, part.index, size);
      const tag = startPartTag(key);
      tag.update(plaintext.subarray(start, end));
      expect(part.tag).toEqual(tag.digest());
    }
    const digests = parts.map(({ sha256 }) => sha256);
    expect(partsDigest(digests)).not.toEqual(partsDigest([...digests].reverse()));
    expect(partsTag(key, digests)).not.toEqual(partsDigest(digests));
  });

  test('resume after a restart with the same bytes', async () => {
    const { secret, key } = streamFixture('resume');
    const whole = await encryptWhole(key, plaintext);
    const restored = restoreStreamKey(secret, key.header, key.commitment);
    const parts = [];
    const rest = plaintext.subarray(partPlaintextStart(key, 1));
    for await (const part of encryptParts(restored, cutInto(rest, [65_536]), { firstPart: 1 }))
      parts.push(part);
    expect(parts.map(({ index }) => index)).toEqual([1]);
    expect(Buffer.compare(parts[0]?.ciphertext ?? Buffer.of(), whole.subarray(PART_SIZE))).toBe(0);
    const { sha256 } = encryptPart(restored, 1, true, rest);
    expect(parts[0]?.sha256).toEqual(sha256);
  });

  test('open one by one, and a part in the wrong place does not', async () => {
    const { key } = streamFixture('one by one');
    const whole = await encryptWhole(key, plaintext);
    const pieces = [0, 1].map((part) => {
      const { start, end } = partCiphertextRange(part, whole.length);
      return decryptPart(key, part, whole.length, whole.subarray(start, end));
    });
    expect(Buffer.compare(Buffer.concat(pieces), plaintext)).toBe(0);
    expect(
      refusalOf(() => decryptPart(key, 1, whole.length, whole.subarray(0, whole.length - PART_SIZE))),
    ).toBe('STREAM_TAG');
    expect(refusalOf(() => decryptPart(key, 0, whole.length, whole.subarray(0, PART_SIZE - 1)))).toBe(
      'STREAM_SIZE',
    );
    expect(refusalOf(() => decryptPart(key, 0, PART_SIZE, whole.subarray(0, PART_SIZE)))).toBe('STREAM_TAG');
  });

  test('lie in memory that is used again, when it is given', async () => {
    const { key } = streamFixture('buffer');
    const whole = await encryptWhole(key, plaintext);
    const buffer = new Uint8Array(PART_SIZE);
    const pieces = [];
    for await (const { ciphertext } of encryptParts(key, [plaintext], { buffer })) {
      expect(ciphertext.buffer).toBe(buffer.buffer);
      pieces.push(Buffer.from(ciphertext));
    }
    expect(Buffer.compare(Buffer.concat(pieces), whole)).toBe(0);
    const short = encryptParts(key, [plaintext], { buffer: new Uint8Array(9) });
    await expect(short.next()).rejects.toMatchObject({ code: 'LENGTH' });
  });

  test('a part of a wrong length cannot be made', () => {
    const { key } = streamFixture('short part');
    expect(refusalOf(() => encryptPart(key, 0, false, plaintext.subarray(0, 10)))).toBe('STREAM_SIZE');
    expect(refusalOf(() => encryptPart(key, 1, true, new Uint8Array(0)))).toBe('STREAM_SIZE');
  });
});

describe('ranges', () => {
  const size = 3 * CHUNK_SIZE;
  const plaintext = plaintextOf(size);

  test('open without the rest of the stream, in odd pieces', async () => {
    const { key } = streamFixture('ranges');
    const whole = await encryptWhole(key, plaintext);
    for (const [start, end] of [
      [0, 1],
      [FIRST - 1, FIRST + 1],
      [FIRST, FIRST + LATER],
      [size - 1, size],
      [5, size - 5],
    ] as const) {
      const plan = planRange(SUITE_S1, whole.length, { start, end });
      const source = cutInto(whole.subarray(plan.ciphertext.start, plan.ciphertext.end), [99_991, 3]);
      const opened = await collect(decryptRange(key, whole.length, { start, end }, source));
      expect(Buffer.compare(opened, plaintext.subarray(start, end))).toBe(0);
    }
  });

  test('refuse too little, too much, and what lies outside', async () => {
    const { key } = streamFixture('ranges');
    const whole = await encryptWhole(key, plaintext);
    const range = { start: FIRST + 1, end: FIRST + 2 };
    const { ciphertext } = planRange(SUITE_S1, whole.length, range);
    for (const [from, to] of [
      [0, -1],
      [0, 1],
    ] as const) {
      const source = [whole.subarray(ciphertext.start + from, ciphertext.end + to)];
      const { bytes, code } = await collectUntilError(decryptRange(key, whole.length, range, source));
      expect([bytes.length, code]).toEqual([0, 'STREAM_SIZE']);
    }
    expect(refusalOf(() => planRange(SUITE_S1, whole.length, { start: 0, end: size + 1 }))).toBe(
      'STREAM_SIZE',
    );
    expect(refusalOf(() => planRange(SUITE_S1, whole.length, { start: 3, end: 3 }))).toBe('STREAM_SIZE');
  });
});

describe('geometry', () => {
  const suites = fc.constantFrom(SUITE_S1, SUITE_C1);
  const sizes = fc.oneof(
    fc.nat({ max: 2 ** 40 }),
    fc.nat({ max: 60 }).map((n) => n * CHUNK_SIZE),
    fc.nat(4),
  );

  test('sizes convert both ways and agree with chunks and parts', () => {
    fc.assert(
      fc.property(suites, sizes, (suite, size) => {
        const total = ciphertextSizeOf(suite, size);
        const chunks = chunkCount(suite, size);
        expect(plaintextSizeOf(suite, total)).toBe(size);
        expect(Math.ceil(total / CHUNK_SIZE)).toBe(chunks);
        expect(partCount(total)).toBe(Math.ceil(chunks / 4));
        if (size > 0) {
          const chunk = chunkOfPlaintext(suite, size - 1);
          expect(chunk).toBe(chunks - 1);
          expect(chunkPlaintextStart(suite, chunk)).toBeLessThan(size);
          expect(chunkPlaintextStart(suite, chunk + 1)).toBeGreaterThanOrEqual(size);
        }
      }),
    );
  });

  test('a size that no stream has is refused', () => {
    for (const size of [0, 55, -1, 0.5, CHUNK_SIZE + 1, CHUNK_SIZE + 16, Number.NaN]) {
      expect(refusalOf(() => plaintextSizeOf(SUITE_S1, size))).toBe('STREAM_SIZE');
    }
    expect(plaintextSizeOf(SUITE_S1, 56)).toBe(0);
    expect(plaintextSizeOf(SUITE_S1, CHUNK_SIZE + 17)).toBe(FIRST + 1);
  });
});

test('associated data of another kind are refused', () => {
  const { secret, key } = streamFixture('kind');
  const aad = Buffer.from('Tutela-v1-commit');
  expect(refusalOf(() => restoreStreamKey({ ...secret, aad }, key.header, key.commitment))).toBe('PARAMETER');
  expect(streamAad(place).subarray(0, 17)).toEqual(Uint8Array.from(Buffer.from('Tutela-v1-stream\0')));
});
