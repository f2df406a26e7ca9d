// SPDX-License-Identifier: Apache-2.0

const SECRET_BYTES = 32;

/** User and password of a cluster peer's REST interface. */
export interface RestCredentials {
  readonly user: string;
  readonly password: string;
}

/** The text of a `swarm.key` file for a 32-byte pre-shared key (libp2p private networks, PSK version 1). */
export function swarmKeyText(key: Uint8Array): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${secretHex(key)}\n`;
}

/** The text form of a 32-byte cluster secret: 64 lower-case hexadecimal digits. */
export function clusterSecretText(secret: Uint8Array): string {
  return secretHex(secret);
}

/** Reads `user:password` (one line); throws a RangeError that does not repeat the text. */
export function parseRestCredentials(text: string): RestCredentials {
  const match = /^([A-Za-z0-9._-]{1,64}):([\x21-\x7e]{16,256})\n?$/.exec(text);
  const [, user, password] = match ?? [];
  if (user === undefined || password === undefined) {
    throw new RangeError('credentials must be user:password with a password of 16 to 256 visible characters');
  }
  return { user, password };
}

function secretHex(secret: Uint8Array): string {
  if (secret.length !== SECRET_BYTES)
    throw new RangeError(`a shared secret has ${String(SECRET_BYTES)} bytes`);
  return Buffer.from(secret).toString('hex');
}
