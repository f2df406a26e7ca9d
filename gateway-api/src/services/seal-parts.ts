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

/** Part buffers of one stream: one is being stored while the next is being filled. */
const MAX_BUFFERS = 2;

/**
 * Encrypts a stream to parts and hands each to `sink`, in order, at most {@link MAX_BUFFERS} at a time. The parts'
 * bytes stand in buffers that are used again, so that memory does not grow with the content.
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
  readonly #free: Uint8Array[] = [];
  #buffers = 0;
  readonly #inFlight: Promise<T>[] = [];
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
    return [...this.#done, ...(await Promise.all(this.#inFlight))];
  }

  async #sealChunk(isLast: boolean): Promise<void> {
    const plaintext = this.#chunk.subarray(0, this.#chunkFilled);
    const sealed = sealChunk(this.#key, this.#chunkIndex, isLast, plaintext);
    this.#part.buffer ??= await this.#buffer(isLast ? sealed.length : PART_SIZE);
    this.#part.buffer.set(sealed, this.#part.size);
    this.#part.size += sealed.length;
    this.#part.digest.update(sealed);
    this.#part.tag.update(plaintext);
    this.#chunkIndex += 1;
    this.#chunkFilled = 0;
    if (isLast || this.#chunkIndex % CHUNKS_PER_PART === 0) this.#send(isLast);
  }

  #send(isLast: boolean): void {
    const { index, buffer, size, digest, tag } = this.#part;
    if (buffer === undefined) return;
    const ciphertext = buffer.subarray(0, size);
    const storing = this.#sink({ index, isLast, ciphertext, sha256: digest.digest(), tag: tag.digest() });
    // It is awaited before its buffer is used again; until then its failure must not count as unhandled.
    storing.catch(() => undefined);
    this.#inFlight.push(storing);
    this.#free.push(buffer);
    this.#part = openPart(this.#key, index + 1);
  }

  /** A buffer whose last part is stored. */
  async #buffer(bytes: number): Promise<Uint8Array> {
    if (this.#buffers < MAX_BUFFERS) {
      this.#buffers += 1;
      return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    }
    const oldest = this.#inFlight.shift();
    if (oldest !== undefined) this.#done.push(await oldest);
    return this.#free.shift() ?? new Uint8Array(bytes);
  }
}

/** A part that is being filled. */
type OpenPart = {
  readonly index: number;
  readonly digest: ReturnType<typeof startPartDigest>;
  readonly tag: ReturnType<typeof startPartTag>;
  buffer?: Uint8Array;
  size: number;
};

function openPart(key: StreamKey, index: number): OpenPart {
  return { index, digest: startPartDigest(), tag: startPartTag(key), size: 0 };
}
