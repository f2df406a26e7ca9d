// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';

const CHUNK = 1024 * 1024;

/** Bytes of any size without holding them: one random block with a counter, again and again. */
export async function* patternedStream(size: number): AsyncGenerator<Uint8Array> {
  const block = randomBytes(CHUNK);
  for (let sent = 0; sent < size; sent += CHUNK) {
    const chunk = Buffer.from(block);
    chunk.writeUInt32BE(sent / CHUNK, 0);
    yield chunk.subarray(0, Math.min(CHUNK, size - sent));
    // Lets the reader of the stream keep pace.
    await Promise.resolve();
  }
}

/** Passes a stream on and tells its SHA-256 at the end. */
export function hashing(source: AsyncIterable<Uint8Array>): {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly digest: () => string;
} {
  const hash = createHash('sha256');
  async function* stream(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { stream: stream(), digest: () => hash.digest('hex') };
}

/** SHA-256 of a whole stream, lower-case hexadecimal. */
export async function digestOfStream(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}
