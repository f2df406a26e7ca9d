// SPDX-License-Identifier: Apache-2.0
import { openAtRest, sealAtRest, utf8 } from '@tutela/crypto';

/**
 * Seals what lies on the disk. A hardware token (PKCS#11) or the keyring of the operating system keeps this promise
 * as well as a passphrase does; what is sealed opens only under the name of its place.
 */
export interface Sealer {
  /** What a message calls the secret. */
  readonly name: string;
  seal(place: string, plaintext: Uint8Array): Uint8Array;
  /** Throws when the secret, the place or a byte is wrong. */
  open(place: string, sealed: Uint8Array): Uint8Array;
}

/** Seals with a passphrase, stretched by Argon2id. */
export function passphraseSealer(passphrase: string, name = 'the passphrase'): Sealer {
  return {
    name,
    seal: (place, plaintext) => sealAtRest({ passphrase }, plaintext, utf8(place)),
    open: (place, sealed) => openAtRest({ passphrase }, sealed, utf8(place)),
  };
}
