// SPDX-License-Identifier: Apache-2.0
import { demand } from '../errors.js';
import { sealChunk, sealChunkPieces } from './chunk.js';
import { CHUNKS_PER_PART, chunkCapacity, chunkPlaintextStart, partOfChunk } from './geometry.js';
import { joinPieces, type PartSink, writeInto } from './part-sink.js';
import { startPartDigest, startPartTag } from './parts-digest.js';
import { type Cut, rechunk } from './rechunk.js';
import type { StreamKey } from './stream-key.js';

/** Bytes that arrive in pieces of any size. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Encrypts pieces of any size to ciphertext chunks, the header in the first. */
export async function* encryptStream(
  key: StreamKey,
  plaintext: Bytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { index, isLast, bytes } of rechunk(plaintext, 0, (chunk) =>
    chunkCapacity(key.suite, chunk),
  )) {
    yield sealChunk(key, index, isLast, bytes);
  }
}

/** One encrypted part, at most 4 MiB, with the digests of its two sides. */
export interface SealedPart {
  readonly index: number;
  readonly isLast: boolean;
  readonly ciphertext: Uint8Array;
  readonly plaintextSize: number;
  /** SHA-256 of the part's ciphertext. */
  readonly sha256: Uint8Array;
  /** Keyed tag of the part's plaintext. */
  readonly tag: Uint8Array;
}

/** How parts are made. */
export interface PartOptions {
  /** Number of the first part to make; 0 unless an upload is resumed. */
  readonly firstPart?: number;
  /** `PART_SIZE` bytes to write every part into, for flat memory: a part is then valid until the next is asked for. */
  readonly buffer?: Uint8Array;
}

/**
 * Encrypts pieces of any size to parts. To resume, give the number of the first part that is missing
 * and the plaintext from {@link partPlaintextStart} on; the parts before stay as they are. A part that was
 * sealed before must be given the very same plaintext again: other bytes under its nonces would leak both.
 */
export async function* encryptParts(
  key: StreamKey,
  plaintext: Bytes,
  { firstPart = 0, buffer }: PartOptions = {},
): AsyncGenerator<SealedPart, void, undefined> {
  const cuts = rechunk(plaintext, firstPart * CHUNKS_PER_PART, (chunk) => chunkCapacity(key.suite, chunk));
  const sink = (): PartSink => (buffer === undefined ? joinPieces() : writeInto(buffer));
  let part = startPart(key, firstPart, sink());
  for await (const cut of cuts) {
    if (partOfChunk(cut.index) !== part.index) part = startPart(key, part.index + 1, sink());
    part.add(cut);
    if (cut.isLast || (cut.index + 1) % CHUNKS_PER_PART === 0) yield part.finish(cut.isLast);
  }
}

/** Encrypts the whole plaintext of one part at once. */
export function encryptPart(
  key: StreamKey,
  index: number,
  isLast: boolean,
  plaintext: Uint8Array,
): SealedPart {
  const start = partPlaintextStart(key, index);
  const full = partPlaintextStart(key, index + 1) - start;
  demand(
    isLast ? plaintext.length <= full : plaintext.length === full,
    'STREAM_SIZE',
    'part has a wrong size',
  );
  const part = startPart(key, index, joinPieces());
  const firstChunk = index * CHUNKS_PER_PART;
  for (let chunk = firstChunk, offset = 0; chunk === firstChunk || offset < plaintext.length; chunk += 1) {
    const bytes = plaintext.subarray(offset, offset + chunkCapacity(key.suite, chunk));
    offset += bytes.length;
    part.add({ index: chunk, isLast: isLast && offset === plaintext.length, bytes });
  }
  return part.finish(isLast);
}

/** Offset of a part's first plaintext byte. */
export function partPlaintextStart(key: Pick<StreamKey, 'suite'>, part: number): number {
  return chunkPlaintextStart(key.suite, part * CHUNKS_PER_PART);
}

interface OpenPart {
  readonly index: number;
  add(cut: Cut): void;
  finish(isLast: boolean): SealedPart;
}

function startPart(key: StreamKey, index: number, sink: PartSink): OpenPart {
  const digest = startPartDigest();
  const tag = startPartTag(key);
  let plaintextSize = 0;
  return {
    index,
    add: (cut) => {
      for (const piece of sealChunkPieces(key, cut.index, cut.isLast, cut.bytes)) {
        digest.update(piece);
        sink.add(piece);
      }
      tag.update(cut.bytes);
      plaintextSize += cut.bytes.length;
    },
    finish: (isLast) => ({
      index,
      isLast,
      ciphertext: sink.finish(),
      plaintextSize,
      sha256: digest.digest(),
      tag: tag.digest(),
    }),
  };
}
