// SPDX-License-Identifier: Apache-2.0
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { ristretto255_hasher } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';

import { concatBytes, utf8 } from '../bytes.js';
import type { Group } from './group.js';

/** Context of every TDH2 hash. */
export const TDH2_CONTEXT = 'Tutela-v1-tdh2-ristretto255-SHA512';

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** SHA-512, 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return nobleSha512(bytes);
}

/** HKDF-SHA512 (RFC 5869) with an empty salt. */
export function hkdfSha512(ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdf(nobleSha512, ikm, new Uint8Array(0), info, length);
}

/** H2S: expand_message_xmd (RFC 9380 §5.3.1) with SHA-512 to 64 bytes, reduced to a scalar. */
export function hashToScalar(group: Group, message: Uint8Array, domain: Uint8Array): Uint8Array {
  return group.reduceScalar(expand_message_xmd(message, domain, 64, nobleSha512));
}

/** H2G: hash_to_ristretto255 (RFC 9380, Appendix B). */
export function hashToElement(message: Uint8Array, domain: string): Uint8Array {
  return ristretto255_hasher.hashToCurve(message, { DST: utf8(domain) }).toBytes();
}

/** The second generator; nobody knows its logarithm to G. */
export const GENERATOR_BAR: Uint8Array = hashToElement(utf8('generator Gbar'), `${TDH2_CONTEXT}-Gbar`);

/** Key identifier: the first 16 bytes of SHA-256 of the consortium's public key. */
export function keyId(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey).slice(0, 16);
}

/** SHA-256 of prefix, a zero byte, and the given (canonical) bytes. */
export function taggedHash(prefix: string, bytes: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(prefix), Uint8Array.of(0), bytes));
}
