// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength, utf8 } from '../bytes.js';
import { demand } from '../errors.js';
import { type Digest, startHmacSha256, startSha256 } from '../node.js';
import type { StreamKey } from './stream-key.js';

const PARTS_PREFIX = prefix('Tutela-v1-parts');
const TAG_PART_PREFIX = prefix('Tutela-v1-plaintext-tag-part');
const TAG_PARTS_PREFIX = prefix('Tutela-v1-plaintext-tag-parts');

/** SHA-256 of one part's ciphertext, fed piece by piece. */
export function startPartDigest(): Digest {
  return startSha256();
}

/**
 * Digest of a whole ciphertext: SHA-256 of a prefix and the SHA-256 digests of its parts in order.
 * The part size is fixed by the format, so it is well defined, and parts may be hashed apart or in parallel.
 */
export function partsDigest(partDigests: readonly Uint8Array[]): Uint8Array {
  return finish(startSha256(), PARTS_PREFIX, partDigests);
}

/** Keyed tag of one part's plaintext, fed piece by piece. */
export function startPartTag(key: StreamKey): Digest {
  const digest = startHmacSha256(key.tagKey);
  digest.update(TAG_PART_PREFIX);
  return digest;
}

/** Plaintext tag `ptag` of a whole: HMAC of a prefix and the tags of its parts in order. */
export function partsTag(key: StreamKey, partTags: readonly Uint8Array[]): Uint8Array {
  return finish(startHmacSha256(key.tagKey), TAG_PARTS_PREFIX, partTags);
}

function finish(digest: Digest, start: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  demand(parts.length > 0, 'PARAMETER', 'a stream has at least one part');
  digest.update(start);
  for (const part of parts) digest.update(demandLength(part, 32, 'part digest'));
  return digest.digest();
}

function prefix(text: string): Uint8Array {
  return concatBytes(utf8(text), Uint8Array.of(0));
}
