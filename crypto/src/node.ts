// SPDX-License-Identifier: Apache-2.0
import {
  argon2Sync,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto';

import type { RandomBytes } from './bytes.js';
import { CryptoError, demand } from './errors.js';

/** The only file that imports node:crypto: everything native that the package uses, in bytes. */
export const systemRandom: RandomBytes = (length) => randomBytes(length);

/** A hash or a MAC that is fed piece by piece. */
export interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** An AES key: one that native code keeps for many uses, or the bytes of one that is used once. */
export type AesKey = KeyObject | Uint8Array;

/** Length of a GCM tag in bytes. */
export const TAG_LENGTH = 16;

/** Incremental SHA-256. */
export function startSha256(): Digest {
  return createHash('sha256');
}

/** Incremental HMAC-SHA256. */
export function startHmacSha256(key: Uint8Array): Digest {
  return createHmac('sha256', key);
}

/** HKDF-SHA256 (RFC 5869). */
export function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', ikm, salt, info, length));
}

/** Hands an AES key of 16, 24 or 32 bytes to native code. */
export function importAesKey(key: Uint8Array): AesKey {
  return createSecretKey(key);
}

/** AES-GCM with a 12-byte nonce: the ciphertext and its tag as two pieces. */
export function sealGcm(
  key: AesKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad?: Uint8Array,
): [Uint8Array, Uint8Array] {
  const cipher = createCipheriv(gcmName(key), key, nonce, { authTagLength: TAG_LENGTH });
  if (aad !== undefined) cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return [ciphertext, cipher.getAuthTag()];
}

/** Opens ciphertext ‖ tag; returns nothing unless the tag holds. */
export function openGcm(
  key: AesKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad?: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_LENGTH) return undefined;
  const decipher = createDecipheriv(gcmName(key), key, nonce, { authTagLength: TAG_LENGTH });
  if (aad !== undefined) decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return undefined;
  }
  return plaintext;
}

function gcmName(key: AesKey): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  switch (key instanceof Uint8Array ? key.length : key.symmetricKeySize) {
    case 16:
      return 'aes-128-gcm';
    case 24:
      return 'aes-192-gcm';
    case 32:
      return 'aes-256-gcm';
    default:
      throw new CryptoError('LENGTH', 'not an AES key length');
  }
}

const X25519_PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** An X25519 private key in native code, for as many uses as one call makes of it: importing costs as much as using. */
export type X25519Key = KeyObject;

/** Hands a raw X25519 private key of 32 bytes to native code. Nothing keeps it: whoever erases the bytes has erased the key. */
export function importX25519(privateKey: Uint8Array): X25519Key {
  demand(privateKey.length === 32, 'LENGTH', 'X25519 private key must have 32 bytes');
  const key = Buffer.concat([X25519_PRIVATE_PREFIX, privateKey]);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** The public key of an X25519 private key, 32 bytes. */
export function x25519PublicKey(privateKey: X25519Key): Uint8Array {
  const exported = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return new Uint8Array(exported.subarray(X25519_PUBLIC_PREFIX.length));
}

/** X25519 (RFC 7748); throws `HPKE_KEY` for a public key of small order. */
export function x25519(privateKey: X25519Key, publicKey: Uint8Array): Uint8Array {
  demand(publicKey.length === 32, 'LENGTH', 'X25519 public key must have 32 bytes');
  const peer = createPublicKey({
    key: Buffer.concat([X25519_PUBLIC_PREFIX, publicKey]),
    format: 'der',
    type: 'spki',
  });
  try {
    return diffieHellman({ privateKey, publicKey: peer });
  } catch {
    throw new CryptoError('HPKE_KEY', 'X25519 public key has small order');
  }
}

/** Argon2id with RFC 9106's second recommended option (3 passes, 4 lanes, 64 MiB) to 32 bytes. */
export function argon2id(passphrase: Uint8Array, salt: Uint8Array): Uint8Array {
  return argon2Sync('argon2id', {
    message: passphrase,
    nonce: salt,
    parallelism: 4,
    tagLength: 32,
    memory: 65_536,
    passes: 3,
  });
}

const SPKI_UNCOMPRESSED = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const SPKI_COMPRESSED = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');

/** SubjectPublicKeyInfo up to the point (RFC 5480), by the first byte of the point, with the length that such a point has. */
const P256_SPKI = new Map([
  [4, { prefix: SPKI_UNCOMPRESSED, length: 65 }],
  [2, { prefix: SPKI_COMPRESSED, length: 33 }],
  [3, { prefix: SPKI_COMPRESSED, length: 33 }],
]);

/** Whether an ECDSA P-256 signature r ‖ s with SHA-256 holds under a point of 33 or 65 bytes; false for whatever is malformed. */
export function isEcdsaP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && isSigned(publicKey, message, signature, 'ieee-p1363');
}

/** As {@link isEcdsaP256}, for a signature in DER (RFC 3279 §2.2.3), the form of certificates and authenticators. */
export function isEcdsaP256Der(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return isSigned(publicKey, message, signature, 'der');
}

function isSigned(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  dsaEncoding: 'ieee-p1363' | 'der',
): boolean {
  const form = P256_SPKI.get(publicKey[0] ?? 0);
  // OpenSSL does not look at bytes that follow a point.
  if (form === undefined || publicKey.length !== form.length) return false;
  try {
    const key = createPublicKey({
      key: Buffer.concat([form.prefix, publicKey]),
      format: 'der',
      type: 'spki',
    });
    return verify('sha256', message, { key, dsaEncoding }, signature);
  } catch {
    // OpenSSL refuses what is no point of the curve; under no key nothing is signed.
    return false;
  }
}
