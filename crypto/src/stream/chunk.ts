// SPDX-License-Identifier: Apache-2.0
import { CryptoError, demand } from '../errors.js';
import { openGcm, sealGcm, TAG_LENGTH } from '../node.js';
import { CHUNK_SIZE, chunkCapacity, headerSize, MAX_CHUNKS } from './geometry.js';
import { chunkNonce, type StreamKey } from './stream-key.js';

/**
 * Seals one chunk to its bytes in the ciphertext, the header included before the first.
 * Every chunk but the last must be full. One key must never seal two texts at one place.
 */
export function sealChunk(key: StreamKey, chunk: number, isLast: boolean, plaintext: Uint8Array): Uint8Array {
  return Buffer.concat(sealChunkPieces(key, chunk, isLast, plaintext));
}

/** As {@link sealChunk} in the pieces that native code returns, for callers that join many chunks. */
export function sealChunkPieces(
  key: StreamKey,
  chunk: number,
  isLast: boolean,
  plaintext: Uint8Array,
): readonly Uint8Array[] {
  const capacity = chunkCapacity(key.suite, chunk);
  demand(chunk >= 0 && chunk < MAX_CHUNKS, 'STREAM_SIZE', 'no such chunk');
  demand(
    isLast ? plaintext.length <= capacity : plaintext.length === capacity,
    'STREAM_SIZE',
    'chunk has a wrong size',
  );
  demand(chunk === 0 || plaintext.length > 0, 'STREAM_SIZE', 'only an empty stream has an empty chunk');
  const sealed = sealGcm(key.chunkKey, chunkNonce(key, chunk, isLast), plaintext);
  return chunk === 0 ? [key.header, ...sealed] : sealed;
}

/** Opens one chunk from its bytes in the ciphertext, the header included before the first; throws `STREAM_TAG`. */
export function openChunk(key: StreamKey, chunk: number, isLast: boolean, bytes: Uint8Array): Uint8Array {
  const skipped = chunk === 0 ? headerSize(key.suite) : 0;
  const least = skipped + TAG_LENGTH + (chunk === 0 ? 0 : 1);
  const fits = isLast ? bytes.length >= least && bytes.length <= CHUNK_SIZE : bytes.length === CHUNK_SIZE;
  demand(fits, 'STREAM_SIZE', 'chunk has a wrong size');
  const plaintext = openGcm(key.chunkKey, chunkNonce(key, chunk, isLast), bytes.subarray(skipped));
  if (plaintext === undefined) throw new CryptoError('STREAM_TAG', 'chunk is not authentic');
  return plaintext;
}
