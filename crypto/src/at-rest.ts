// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength, lp, type RandomBytes, utf8 } from './bytes.js';
import { CryptoError, demand } from './errors.js';
import { argon2id, importAesKey, openGcm, sealGcm, systemRandom, TAG_LENGTH } from './node.js';
import { SUITE_S1, VERSION } from './suite.js';

/** What opens sealed bytes: a passphrase, stretched by Argon2id, or a key of 32 bytes. */
export type RestSecret = { readonly passphrase: string } | { readonly key: Uint8Array };

const KDF_KEY = 0;
const KDF_ARGON2ID = 1;
const SALT_LENGTH = 16;
const NONCE_LENGTH = 12;
const HEADER_LENGTH = 3 + SALT_LENGTH + NONCE_LENGTH;
const MAX_PASSPHRASE = 1024;

/**
 * Seals bytes for the disk: version ‖ suite ‖ kdf ‖ salt(16) ‖ nonce(12) ‖ AES-256-GCM.
 * The associated data name the place, so that a file does not open as another.
 */
export function sealAtRest(
  secret: RestSecret,
  plaintext: Uint8Array,
  aad: Uint8Array,
  random: RandomBytes = systemRandom,
): Uint8Array {
  const kdf = 'key' in secret ? KDF_KEY : KDF_ARGON2ID;
  const header = concatBytes(Uint8Array.of(VERSION, SUITE_S1, kdf), random(SALT_LENGTH + NONCE_LENGTH));
  const key = importAesKey(restKey(secret, saltOf(header)));
  return concatBytes(header, ...sealGcm(key, nonceOf(header), plaintext, boundTo(header, aad)));
}

/** Opens what {@link sealAtRest} made; a wrong secret, place or byte throws `AT_REST`. */
export function openAtRest(secret: RestSecret, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  demand(sealed.length >= HEADER_LENGTH + TAG_LENGTH, 'AT_REST', 'sealed file is too short');
  demand(sealed[0] === VERSION, 'VERSION', 'unknown version of a sealed file');
  demand(sealed[1] === SUITE_S1, 'SUITE', 'unknown suite of a sealed file');
  demand(
    sealed[2] === ('key' in secret ? KDF_KEY : KDF_ARGON2ID),
    'AT_REST',
    'sealed with another kind of secret',
  );
  const header = sealed.slice(0, HEADER_LENGTH);
  const key = importAesKey(restKey(secret, saltOf(header)));
  const plaintext = openGcm(key, nonceOf(header), sealed.subarray(HEADER_LENGTH), boundTo(header, aad));
  if (plaintext === undefined) throw new CryptoError('AT_REST', 'sealed file does not open');
  return plaintext;
}

function restKey(secret: RestSecret, salt: Uint8Array): Uint8Array {
  if ('key' in secret) return demandLength(secret.key, 32, 'key');
  const passphrase = utf8(secret.passphrase);
  demand(
    passphrase.length >= 1 && passphrase.length <= MAX_PASSPHRASE,
    'LENGTH',
    'passphrase is empty or too long',
  );
  return argon2id(passphrase, salt);
}

function saltOf(header: Uint8Array): Uint8Array {
  return header.subarray(3, 3 + SALT_LENGTH);
}

function nonceOf(header: Uint8Array): Uint8Array {
  return header.subarray(3 + SALT_LENGTH);
}

function boundTo(header: Uint8Array, aad: Uint8Array): Uint8Array {
  return concatBytes(utf8('Tutela-v1-at-rest'), Uint8Array.of(0), header, lp(aad));
}
