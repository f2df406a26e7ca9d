// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength, equalBytes, i2osp, type RandomBytes, utf8 } from '../bytes.js';
import { demand } from '../errors.js';
import { type AesKey, hkdfSha256, importAesKey, systemRandom } from '../node.js';
import { type StreamSuite, SUITE_C1, SUITE_S1 } from '../suite.js';
import { headerSize } from './geometry.js';

/** Length of a data encryption key in bytes, whatever the suite. */
export const DEK_LENGTH = 32;

/** The first bytes of all associated data of streams: no other HKDF info starts with them. */
const STREAM_PREFIX = concatBytes(utf8('Tutela-v1-stream'), Uint8Array.of(0));
const PREFIX_LENGTH = 7;
const AES_LENGTHS = { [SUITE_S1]: 32, [SUITE_C1]: 24 } as const;

/** What names and opens one stream: suite, key, and the associated data that bind it to its segment. */
export interface StreamSecret {
  readonly suite: StreamSuite;
  readonly dek: Uint8Array;
  readonly aad: Uint8Array;
}

/** The keys of one stream, derived once and usable for any chunk of it. */
export interface StreamKey {
  readonly suite: StreamSuite;
  /** Header bytes: length, salt, nonce prefix. They stand once, before the first chunk. */
  readonly header: Uint8Array;
  /** Key commitment `com`, 32 bytes. */
  readonly commitment: Uint8Array;
  readonly noncePrefix: Uint8Array;
  readonly chunkKey: AesKey;
  /** Key of the plaintext tag, 32 bytes. */
  readonly tagKey: Uint8Array;
}

/** Starts a new stream under a key that has never been used for another. */
export function createStreamKey(secret: StreamSecret, random: RandomBytes = systemRandom): StreamKey {
  const size = headerSize(secret.suite);
  return deriveStreamKey(secret, concatBytes(Uint8Array.of(size), random(size - 1)));
}

/**
 * Takes up an existing stream from its header, to read it or to go on writing its later parts.
 * The commitment is compared before anything else is done: throws `STREAM_HEADER` or `KEY_COMMITMENT`.
 */
export function restoreStreamKey(
  secret: StreamSecret,
  header: Uint8Array,
  commitment: Uint8Array,
): StreamKey {
  const size = headerSize(secret.suite);
  demand(header.length === size && header[0] === size, 'STREAM_HEADER', 'not a header of this suite');
  const key = deriveStreamKey(secret, header.slice());
  demand(equalBytes(key.commitment, commitment), 'KEY_COMMITMENT', 'key does not match its commitment');
  return key;
}

/** The salt of a stream header, which lies between its length and its nonce prefix. */
export function streamSaltOf(header: Uint8Array): Uint8Array {
  return header.subarray(1, header.length - PREFIX_LENGTH);
}

/** Commitment to a key under the salt of a stream header (cryptography: `com`), 32 bytes. */
export function commitToKey(dek: Uint8Array, salt: Uint8Array): Uint8Array {
  return hkdfSha256(demandLength(dek, DEK_LENGTH, 'data key'), salt, utf8('Tutela-v1-commit'), 32);
}

/** Whether a key that was recovered fits the commitment of a stream whose first bytes are the given header. */
export function isCommittedKey(
  dek: Uint8Array,
  {
    suite,
    header,
    commitment,
  }: { readonly suite: StreamSuite; readonly header: Uint8Array; readonly commitment: Uint8Array },
): boolean {
  const size = headerSize(suite);
  demand(header.length >= size && header[0] === size, 'STREAM_HEADER', 'not a header of this suite');
  return equalBytes(commitToKey(dek, streamSaltOf(header.subarray(0, size))), commitment);
}

/** Nonce of a chunk: prefix, counter, last-chunk flag. */
export function chunkNonce(key: StreamKey, chunk: number, isLast: boolean): Uint8Array {
  return concatBytes(key.noncePrefix, i2osp(chunk, 4), Uint8Array.of(isLast ? 1 : 0));
}

function deriveStreamKey({ suite, dek, aad }: StreamSecret, header: Uint8Array): StreamKey {
  demandLength(dek, DEK_LENGTH, 'data key');
  const salt = streamSaltOf(header);
  demand(
    equalBytes(aad.subarray(0, STREAM_PREFIX.length), STREAM_PREFIX),
    'PARAMETER',
    'not associated data of a stream',
  );
  return {
    suite,
    header,
    commitment: commitToKey(dek, salt),
    noncePrefix: header.subarray(header.length - PREFIX_LENGTH),
    chunkKey: importAesKey(hkdfSha256(dek, salt, aad, AES_LENGTHS[suite])),
    tagKey: hkdfSha256(dek, salt, utf8('Tutela-v1-plaintext-tag'), 32),
  };
}
