// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { makeClientKey, signAssertion } from './client-key.js';

function decode(part: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;
}

const tokenUrl = 'https://localhost:7100/oauth/token';

describe('a system’s key', () => {
  test('is P-384, named by its thumbprint, and keeps its private half out of the public one', () => {
    const { privateJwk, publicJwk } = makeClientKey();
    const { crv, kty, x, y } = publicJwk;
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    expect(publicJwk).toEqual({
      kty: 'EC',
      crv: 'P-384',
      x,
      y,
      kid: thumbprint,
      alg: 'ES384',
      use: 'sig',
      key_ops: ['verify'],
    });
    expect(privateJwk['d']).toEqual(expect.any(String));
  });

  test('signs an assertion for one gateway and one minute', () => {
    const { privateJwk, publicJwk } = makeClientKey();
    const [header, claims, signature] = signAssertion(privateJwk, {
      clientId: 'c1',
      tokenUrl,
      nowMs: 1_700_000_000_999,
    }).split('.');
    expect(decode(header)).toEqual({ alg: 'ES384', typ: 'JWT', kid: publicJwk.kid });
    expect(decode(claims)).toEqual({
      iss: 'c1',
      sub: 'c1',
      aud: tokenUrl,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: 1_700_000_000,
      exp: 1_700_000_060,
    });
    const key = createPublicKey({ key: publicJwk, format: 'jwk' });
    const signed = Buffer.from(`${header}.${claims}`);
    const raw = Buffer.from(signature ?? '', 'base64url');
    expect(verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
    const other = createPublicKey({ key: makeClientKey().publicJwk, format: 'jwk' });
    expect(verify('sha384', signed, { key: other, dsaEncoding: 'ieee-p1363' }, raw)).toBe(false);
  });

  test('never signs the same assertion twice', () => {
    const { privateJwk } = makeClientKey();
    const claims = { clientId: 'c1', tokenUrl, nowMs: 0 };
    expect(decode(signAssertion(privateJwk, claims).split('.')[1])['jti']).not.toBe(
      decode(signAssertion(privateJwk, claims).split('.')[1])['jti'],
    );
  });
});
