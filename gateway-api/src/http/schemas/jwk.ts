// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { z } from './zod.js';

const base64Url = (maxChars: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(maxChars);
const common = {
  kid: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .optional(),
  use: z.literal('sig').optional(),
};
const verifies = z.array(z.literal('verify')).max(1).optional();

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;

/** A public key for `private_key_jwt`: EC P-384 (ES384) or RSA of 2048 to 4096 bits (RS384); a private member is refused. */
export const publicJwk = z
  .discriminatedUnion('kty', [
    z.strictObject({
      kty: z.literal('EC'),
      crv: z.literal('P-384'),
      x: base64Url(64),
      y: base64Url(64),
      alg: z.literal('ES384').optional(),
      key_ops: verifies,
      ...common,
    }),
    z.strictObject({
      kty: z.literal('RSA'),
      n: base64Url(684),
      e: base64Url(6),
      alg: z.literal('RS384').optional(),
      key_ops: verifies,
      ...common,
    }),
  ])
  .refine(isSoundKey, 'is no sound public key')
  .openapi('PublicJwk');
export type PublicJwk = z.output<typeof publicJwk>;

/** RFC 7638 with SHA-256, base64url. */
export function thumbprintOf(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(withoutAbsent(jwk), 'sha256');
}

function isSoundKey(jwk: object): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === 'ec' || (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS);
  } catch {
    return false;
  }
}

function withoutAbsent(jwk: PublicJwk): Record<string, string> {
  return jwk.kty === 'EC'
    ? { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }
    : { kty: jwk.kty, n: jwk.n, e: jwk.e };
}
