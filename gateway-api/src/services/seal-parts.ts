// SPDX-License-Identifier: Apache-2.0
import {
  CHUNK_SIZE,
  chunkCapacity,
  CHUNKS_PER_PART,
  PART_SIZE,
  sealChunk,
  startPartDigest,
  startPartTag,
  type SealedPart,
  type StreamKey,
} from '@tutela/crypto';

/** What is done with each part; its ciphertext is only valid until this resolves. */
export type PartSink<T> = (part: Omit<SealedPart, 'plaintextSize'>) => Promise<T>;

/**
 * Encrypts a stream to parts and hands them to `sink` one by one. Their bytes stand in one buffer that is used again:
 * memory does not grow with the content, at the price of not encrypting (fast) while a part is being stored (slow).
 */
export async function sealParts<T>(
  key: StreamKey,
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: PartSink<T>,
): Promise<readonly T[]> {
  const sealer = new PartSealer(key, sink);
  for await (const piece of plaintext) await sealer.add(piece);
  return sealer.end();
}

class PartSealer<T> {
  readonly #key: StreamKey;
  readonly #sink: PartSink<T>;
  readonly #chunk: Buffer;
  #chunkIndex = 0;
  #chunkFilled = 0;
  #part: OpenPart;
  #buffer: Uint8Array = new Uint8Array(0);
  readonly #done: T[] = [];

  constructor(key: StreamKey, sink: PartSink<T>) {
    this.#key = key;
    this.#sink = sink;
    this.#chunk = Buffer.allocUnsafe(CHUNK_SIZE);
    this.#part = openPart(key, 0);
  }

  async add(piece: Uint8Array): Promise<void> {
    for (let offset = 0; offset < piece.length;) {
      const capacity = chunkCapacity(this.#key.suite, this.#chunkIndex);
      // A full chunk is sealed only once a byte follows: the last one carries a flag.
      if (this.#chunkFilled === capacity) {
        await this.#sealChunk(false);
        continue;
      }
      const taken = piece.subarray(offset, offset + capacity - this.#chunkFilled);
      this.#chunk.set(taken, this.#chunkFilled);
      this.#chunkFilled += taken.length;
      offset += taken.length;
    }
  }

  async end(): Promise<readonly T[]> {
    await this.#sealChunk(true);
    return this.#done;
  }

  async #sealChunk(isLast: boolean): Promise<void> {
    const plaintext = this.#chunk.subarray(0, this.#chunkFilled);
    const sealed = sealChunk(this.#key, this.#chunkIndex, isLast, plaintext);
    if (this.#buffer.length < this.#part.size + sealed.length)
      this.#buffer = newBuffer(isLast ? sealed.length : PART_SIZE);
    this.#buffer.set(sealed, this.#part.size);
    this.#part.size += sealed.length;
    this.#part.digest.update(sealed);
    this.#part.tag.update(plaintext);
    this.#chunkIndex += 1;
    this.#chunkFilled = 0;
    if (isLast || this.#chunkIndex % CHUNKS_PER_PART === 0) await this.#send(isLast);
  }

  async #send(isLast: boolean): Promise<void> {
    const { index, size, digest, tag } = this.#part;
    const ciphertext = this.#buffer.subarray(0, size);
    this.#done.push(
      await this.#sink({ index, isLast, ciphertext, sha256: digest.digest(), tag: tag.digest() }),
    );
    this.#part = openPart(this.#key, index + 1);
  }
}

/** Bytes that are written before they are read, in memory that is taken page by page as it is written. */
function newBuffer(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

/** A part that is being filled. */
type OpenPart = {
  readonly index: number;
  readonly digest: ReturnType<typeof startPartDigest>;
  readonly tag: ReturnType<typeof startPartTag>;
  size: number;
};

function openPart(key: StreamKey, index: number): OpenPart {
  return { index, digest: startPartDigest(), tag: startPartTag(key), size: 0 };
}
