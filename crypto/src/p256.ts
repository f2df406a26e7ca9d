// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';

import { demand } from './errors.js';

const SIGNATURE_OPTIONS = { lowS: false, prehash: true, format: 'compact' } as const;

/**
 * Whether an ECDSA P-256 signature with SHA-256 (FIPS 186-5) holds for a message.
 * The signature is r ‖ s (IEEE P1363), 64 bytes; low and high s both count, so a signature is no unique
 * name of an act. The key is a point of 33 or 65 bytes. Whatever is malformed is not a signature: false.
 */
export function verifyP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isP256PublicKey(publicKey) || !isInRange(signature)) return false;
  return p256.verify(signature, message, publicKey, SIGNATURE_OPTIONS);
}

/** Whether bytes are a P-256 public key: an uncompressed (65 bytes) or compressed (33 bytes) point of the curve. */
export function isP256PublicKey(publicKey: Uint8Array): boolean {
  return (publicKey.length === 33 || publicKey.length === 65) && p256.utils.isValidPublicKey(publicKey);
}

/** The uncompressed form of a P-256 public key, 65 bytes: one key has one name. */
export function normalizeP256PublicKey(publicKey: Uint8Array): Uint8Array {
  demand(isP256PublicKey(publicKey), 'ELEMENT', 'not a P-256 public key');
  return p256.Point.fromBytes(publicKey).toBytes(false);
}

function isInRange(signature: Uint8Array): boolean {
  return [signature.slice(0, 32), signature.slice(32)].every((half) => p256.utils.isValidSecretKey(half));
}
