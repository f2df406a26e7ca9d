// SPDX-License-Identifier: Apache-2.0
import { demand } from '../errors.js';
import { type StreamSuite, SUITE_C1, SUITE_S1 } from '../suite.js';

/** Ciphertext bytes of every chunk but the last; the header counts as part of the first. */
export const CHUNK_SIZE = 1_048_576;

/** Chunks of every part but the last. */
export const CHUNKS_PER_PART = 4;

/** Ciphertext bytes of every part but the last. */
export const PART_SIZE = CHUNK_SIZE * CHUNKS_PER_PART;

/** Greatest number of chunks that the 4-byte counter can number. */
export const MAX_CHUNKS = 2 ** 32;

const TAG_SIZE = 16;
const HEADER_SIZES = { [SUITE_S1]: 40, [SUITE_C1]: 32 } as const;

/** Length of the stream header in bytes. */
export function headerSize(suite: StreamSuite): number {
  return HEADER_SIZES[suite];
}

/** Greatest plaintext of one chunk in bytes; the first chunk shares its place with the header. */
export function chunkCapacity(suite: StreamSuite, chunk: number): number {
  return CHUNK_SIZE - TAG_SIZE - (chunk === 0 ? headerSize(suite) : 0);
}

/** Offset of a chunk's first plaintext byte. */
export function chunkPlaintextStart(suite: StreamSuite, chunk: number): number {
  return chunk === 0 ? 0 : chunk * chunkCapacity(suite, 1) - headerSize(suite);
}

/** The chunk that holds a plaintext offset. */
export function chunkOfPlaintext(suite: StreamSuite, offset: number): number {
  return Math.floor((offset + headerSize(suite)) / chunkCapacity(suite, 1));
}

/** The part that holds a chunk. */
export function partOfChunk(chunk: number): number {
  return Math.floor(chunk / CHUNKS_PER_PART);
}

/** Number of chunks of a plaintext; an empty one still has one. */
export function chunkCount(suite: StreamSuite, plaintextSize: number): number {
  demandSize(plaintextSize);
  const count = plaintextSize === 0 ? 1 : chunkOfPlaintext(suite, plaintextSize - 1) + 1;
  demand(count <= MAX_CHUNKS, 'STREAM_SIZE', 'plaintext has too many chunks');
  return count;
}

/** Ciphertext size of a plaintext size, both in bytes. */
export function ciphertextSizeOf(suite: StreamSuite, plaintextSize: number): number {
  return headerSize(suite) + plaintextSize + TAG_SIZE * chunkCount(suite, plaintextSize);
}

/** Plaintext size of a ciphertext size, both in bytes; throws `STREAM_SIZE` for a size that no stream has. */
export function plaintextSizeOf(suite: StreamSuite, ciphertextSize: number): number {
  demandSize(ciphertextSize);
  const chunks = Math.ceil(ciphertextSize / CHUNK_SIZE);
  const size = ciphertextSize - headerSize(suite) - TAG_SIZE * chunks;
  demand(
    size >= 0 && ciphertextSizeOf(suite, size) === ciphertextSize,
    'STREAM_SIZE',
    'no stream has this size',
  );
  return size;
}

/** Number of parts of a ciphertext size in bytes. */
export function partCount(ciphertextSize: number): number {
  demandSize(ciphertextSize);
  return Math.ceil(ciphertextSize / PART_SIZE);
}

/** Half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Ciphertext bytes of one part within a whole of the given size. */
export function partCiphertextRange(part: number, ciphertextSize: number): ByteRange {
  demand(part >= 0 && part < partCount(ciphertextSize), 'STREAM_SIZE', 'no such part');
  return { start: part * PART_SIZE, end: Math.min((part + 1) * PART_SIZE, ciphertextSize) };
}

/** Plaintext bytes of one part within a plaintext of the given size. */
export function partPlaintextRange(suite: StreamSuite, part: number, plaintextSize: number): ByteRange {
  const chunks = chunkCount(suite, plaintextSize);
  demand(part >= 0 && part <= partOfChunk(chunks - 1), 'STREAM_SIZE', 'no such part');
  const end = chunkPlaintextStart(suite, (part + 1) * CHUNKS_PER_PART);
  return { start: chunkPlaintextStart(suite, part * CHUNKS_PER_PART), end: Math.min(end, plaintextSize) };
}

/** What must be fetched to read a range of the plaintext: chunks, parts and ciphertext bytes, half-open. */
export interface RangePlan {
  readonly firstChunk: number;
  readonly endChunk: number;
  readonly firstPart: number;
  readonly endPart: number;
  readonly ciphertext: ByteRange;
}

/** Plans the read of a non-empty plaintext range of a stream of the given ciphertext size. */
export function planRange(suite: StreamSuite, ciphertextSize: number, range: ByteRange): RangePlan {
  const size = plaintextSizeOf(suite, ciphertextSize);
  demandSize(range.start);
  demand(range.start < range.end && range.end <= size, 'STREAM_SIZE', 'range lies outside the stream');
  const firstChunk = chunkOfPlaintext(suite, range.start);
  const endChunk = chunkOfPlaintext(suite, range.end - 1) + 1;
  return {
    firstChunk,
    endChunk,
    firstPart: partOfChunk(firstChunk),
    endPart: partOfChunk(endChunk - 1) + 1,
    ciphertext: { start: firstChunk * CHUNK_SIZE, end: Math.min(endChunk * CHUNK_SIZE, ciphertextSize) },
  };
}

function demandSize(size: number): void {
  demand(Number.isSafeInteger(size) && size >= 0, 'STREAM_SIZE', 'not a size in bytes');
}
