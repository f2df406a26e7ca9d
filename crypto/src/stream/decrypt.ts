// SPDX-License-Identifier: Apache-2.0
import { demand } from '../errors.js';
import { openChunk } from './chunk.js';
import type { Bytes } from './encrypt.js';
import {
  type ByteRange,
  CHUNK_SIZE,
  CHUNKS_PER_PART,
  chunkPlaintextStart,
  headerSize,
  partCiphertextRange,
  plaintextSizeOf,
  planRange,
} from './geometry.js';
import { type Cut, rechunk } from './rechunk.js';
import { restoreStreamKey, type StreamKey, type StreamSecret } from './stream-key.js';

/**
 * Decrypts a whole stream from its first byte. The header and the key commitment are checked first,
 * and a chunk is handed out only after its tag: throws `STREAM_HEADER`, `KEY_COMMITMENT`, `STREAM_TAG`
 * or `STREAM_SIZE` before any byte of the affected chunk.
 */
export async function* decryptStream(
  secret: StreamSecret,
  commitment: Uint8Array,
  ciphertext: Bytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  let key: StreamKey | undefined;
  for await (const cut of rechunk(ciphertext, 0, () => CHUNK_SIZE)) {
    key ??= restoreStreamKey(secret, cut.bytes.subarray(0, headerSize(secret.suite)), commitment);
    yield openCut(key, cut);
  }
}

/** Decrypts one part at once, given the size of the whole ciphertext, which tells whether it is the last. */
export function decryptPart(
  key: StreamKey,
  index: number,
  ciphertextSize: number,
  part: Uint8Array,
): Uint8Array {
  plaintextSizeOf(key.suite, ciphertextSize);
  const range = partCiphertextRange(index, ciphertextSize);
  demand(part.length === range.end - range.start, 'STREAM_SIZE', 'part has a wrong size');
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < part.length; offset += CHUNK_SIZE) {
    const isLast = range.start + offset + CHUNK_SIZE >= ciphertextSize;
    const cut = { index: index * CHUNKS_PER_PART + offset / CHUNK_SIZE, isLast };
    chunks.push(openCut(key, { ...cut, bytes: part.subarray(offset, offset + CHUNK_SIZE) }));
  }
  return Buffer.concat(chunks);
}

/**
 * Decrypts a range of the plaintext from exactly the ciphertext bytes that {@link planRange} names,
 * in pieces of any size. Nothing outside the range is handed out.
 */
export async function* decryptRange(
  key: StreamKey,
  ciphertextSize: number,
  range: ByteRange,
  ciphertext: Bytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  const plan = planRange(key.suite, ciphertextSize, range);
  const lastChunk = Math.ceil(ciphertextSize / CHUNK_SIZE) - 1;
  let missing = plan.ciphertext.end - plan.ciphertext.start;
  for await (const cut of rechunk(ciphertext, plan.firstChunk, () => CHUNK_SIZE)) {
    missing -= cut.bytes.length;
    demand(
      missing >= 0 && cut.isLast === (missing === 0),
      'STREAM_SIZE',
      'ciphertext does not fit the range',
    );
    const plaintext = openCut(key, { ...cut, isLast: cut.index === lastChunk });
    const start = chunkPlaintextStart(key.suite, cut.index);
    yield plaintext.subarray(Math.max(range.start - start, 0), range.end - start);
  }
}

function openCut(key: StreamKey, { index, isLast, bytes }: Cut): Uint8Array {
  return openChunk(key, index, isLast, bytes);
}
