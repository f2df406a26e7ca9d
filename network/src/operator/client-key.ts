// SPDX-License-Identifier: Apache-2.0
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type JsonWebKey,
} from 'node:crypto';

/** The key of a system: it signs the system's requests for tokens. */
export interface ClientKey {
  readonly privateJwk: JsonWebKey;
  readonly publicJwk: JsonWebKey & { readonly kid: string };
}

const assertionLifetimeSeconds = 60;

/** Makes a P-384 key for ES384, named by its thumbprint (RFC 7638). */
export function makeClientKey(): ClientKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const members = { crv, kty, x, y };
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  const publicJwk = {
    ...members,
    kid,
    alg: 'ES384',
    use: 'sig',
    key_ops: ['verify'],
  } as ClientKey['publicJwk'];
  return { privateJwk: { ...privateKey.export({ format: 'jwk' }), kid }, publicJwk };
}

/** What an assertion says. */
export interface AssertionClaims {
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly nowMs: number;
}

/** Signs a client assertion (RFC 7523, section 3): used once, valid for a minute. */
export function signAssertion(
  privateJwk: JsonWebKey,
  { clientId, nowMs, tokenUrl }: AssertionClaims,
): string {
  const nowSeconds = Math.floor(nowMs / 1000);
  const header = { alg: 'ES384', typ: 'JWT', kid: privateJwk['kid'] };
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: tokenUrl,
    jti: randomUUID(),
    iat: nowSeconds,
    exp: nowSeconds + assertionLifetimeSeconds,
  };
  const input = `${encode(header)}.${encode(claims)}`;
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
  const signature = sign('sha384', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
