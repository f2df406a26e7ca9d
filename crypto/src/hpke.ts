// SPDX-License-Identifier: Apache-2.0
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

import { concatBytes, i2osp, type RandomBytes, utf8 } from './bytes.js';
import { CryptoError, demand } from './errors.js';
import { importX25519, openGcm, sealGcm, systemRandom, TAG_LENGTH, x25519, x25519PublicKey } from './node.js';

/** X25519 keys for HPKE, 32 bytes each. */
export interface HpkeKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** To whom, under which context: `info` and `aad` as in RFC 9180. */
export interface HpkeContext {
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
}

/** Bytes that sealing adds to a plaintext: the encapsulated key and the tag. */
export const HPKE_OVERHEAD = 32 + TAG_LENGTH;

const KEM_SUITE = concatBytes(utf8('KEM'), i2osp(0x0020, 2));
const HPKE_SUITE = concatBytes(utf8('HPKE'), i2osp(0x0020, 2), i2osp(0x0001, 2), i2osp(0x0002, 2));
const EMPTY = new Uint8Array(0);
/** Base mode has no pre-shared key: its hash is the same for every message. */
const PSK_ID_HASH = labeledExtract(HPKE_SUITE, EMPTY, 'psk_id_hash', EMPTY);

/** Makes a key pair. */
export function generateHpkeKeyPair(random: RandomBytes = systemRandom): HpkeKeyPair {
  return deriveHpkeKeyPair(random(32));
}

/** DeriveKeyPair of RFC 9180 §7.1.3 from at least 32 secret bytes. */
export function deriveHpkeKeyPair(ikm: Uint8Array): HpkeKeyPair {
  return importHpkePrivateKey(derivePrivateKey(ikm));
}

function derivePrivateKey(ikm: Uint8Array): Uint8Array {
  demand(ikm.length >= 32, 'LENGTH', 'key material is too short');
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'dkp_prk', ikm);
  return labeledExpand(KEM_SUITE, prk, 'sk', EMPTY, 32);
}

/** The key pair of a stored private key. */
export function importHpkePrivateKey(privateKey: Uint8Array): HpkeKeyPair {
  return { privateKey, publicKey: x25519PublicKey(importX25519(privateKey)) };
}

/**
 * Seals one message in base mode, X25519-HKDF-SHA256, HKDF-SHA256, AES-256-GCM (RFC 9180 §6.1):
 * encapsulated key ‖ ciphertext ‖ tag. Throws `HPKE_KEY` for a recipient of small order.
 */
export function hpkeSeal(
  recipient: Uint8Array,
  { info, aad }: HpkeContext,
  plaintext: Uint8Array,
  random: RandomBytes = systemRandom,
): Uint8Array {
  return hpkeSealWithSeed(recipient, { info, aad }, plaintext, random(32));
}

/** As {@link hpkeSeal} from a seed that must be fresh: who knows the seed can repeat and open the seal. */
export function hpkeSealWithSeed(
  recipient: Uint8Array,
  { info, aad }: HpkeContext,
  plaintext: Uint8Array,
  seed: Uint8Array,
): Uint8Array {
  const ephemeral = importX25519(derivePrivateKey(seed));
  const enc = x25519PublicKey(ephemeral);
  const { key, nonce } = keySchedule(sharedSecret(x25519(ephemeral, recipient), enc, recipient), info);
  return concatBytes(enc, ...sealGcm(key, nonce, plaintext, aad));
}

/** Opens what {@link hpkeSeal} made; every failure is `HPKE_OPEN`. */
export function hpkeOpen(
  { privateKey, publicKey }: HpkeKeyPair,
  { info, aad }: HpkeContext,
  sealed: Uint8Array,
): Uint8Array {
  demand(sealed.length >= HPKE_OVERHEAD, 'HPKE_OPEN', 'sealed message does not open');
  const enc = sealed.subarray(0, 32);
  const { key, nonce } = keySchedule(sharedSecret(decapsulate(privateKey, enc), enc, publicKey), info);
  const plaintext = openGcm(key, nonce, sealed.subarray(32), aad);
  if (plaintext === undefined) throw new CryptoError('HPKE_OPEN', 'sealed message does not open');
  return plaintext;
}

function decapsulate(privateKey: Uint8Array, enc: Uint8Array): Uint8Array {
  try {
    return x25519(importX25519(privateKey), enc);
  } catch {
    throw new CryptoError('HPKE_OPEN', 'sealed message does not open');
  }
}

function sharedSecret(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', dh);
  return labeledExpand(KEM_SUITE, prk, 'shared_secret', concatBytes(enc, recipient), 32);
}

function keySchedule(
  shared: Uint8Array,
  info: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const infoHash = labeledExtract(HPKE_SUITE, EMPTY, 'info_hash', info);
  const context = concatBytes(Uint8Array.of(0), PSK_ID_HASH, infoHash);
  const secret = labeledExtract(HPKE_SUITE, shared, 'secret', EMPTY);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, 32),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, 12),
  };
}

// Messages are short here, and the runtime's HMAC costs four times as much to set up as these take.
function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hmac(
    sha256,
    salt.length === 0 ? new Uint8Array(32) : salt,
    concatBytes(utf8('HPKE-v1'), suite, utf8(label), ikm),
  );
}

// One block of HKDF-Expand: nothing here is longer than 32 bytes.
function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const input = concatBytes(i2osp(length, 2), utf8('HPKE-v1'), suite, utf8(label), info, Uint8Array.of(1));
  return hmac(sha256, prk, input).slice(0, length);
}
