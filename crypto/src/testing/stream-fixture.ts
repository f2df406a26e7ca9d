// SPDX-License-Identifier: Apache-2.0
import { streamAad, type StreamPlace } from './labels.js';
import { encryptStream } from '../stream/encrypt.js';
import { createStreamKey, type StreamKey, type StreamSecret } from '../stream/stream-key.js';
import { SUITE_S1, type StreamSuite } from '../suite.js';
import { collect } from './collect.js';
import { seededRandom } from './seeded-random.js';

/** A segment's place in the tests' world. */
export const place: StreamPlace = {
  suite: SUITE_S1,
  channel: 'tutela',
  recordId: 'rec-1',
  version: 1,
  segmentId: 'seg-1',
};

/** A repeatable stream key and what opens it. */
export function streamFixture(
  seed: string,
  suite: StreamSuite = SUITE_S1,
): { secret: StreamSecret; key: StreamKey } {
  const random = seededRandom(seed);
  const secret = { suite, dek: random(32), aad: streamAad({ ...place, suite }) };
  return { secret, key: createStreamKey(secret, random) };
}

/** Repeatable plaintext that differs in every chunk. */
export function plaintextOf(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 31 + (i >> 12) + (i >> 20)) & 0xff;
  return bytes;
}

/** The whole ciphertext of a plaintext. */
export async function encryptWhole(key: StreamKey, plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return collect(encryptStream(key, [plaintext]));
}
