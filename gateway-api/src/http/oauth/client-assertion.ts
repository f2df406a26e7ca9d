// SPDX-License-Identifier: Apache-2.0
import { systemId, type System, type SystemId } from '@tutela/chaincode/domain';
import {
  calculateJwkThumbprint,
  decodeJwt,
  errors,
  importJWK,
  jwtVerify,
  type JWK,
  type JWTPayload,
} from 'jose';
import type { Directory } from './directory.js';
import { OAuthError } from './oauth-error.js';
import type { OneTimeIds } from './one-time-ids.js';

/** Longest life of an assertion (SMART Backend Services), and the clock difference that is allowed, in seconds. */
export const MAX_ASSERTION_SECONDS = 300;
export const CLOCK_SKEW_SECONDS = 5;
const MAX_ASSERTION_CHARS = 8192;
const JTI = /^[\x21-\x7e]{1,128}$/;

export type AssertionRules = Readonly<{
  directory: Directory;
  usedIds: OneTimeIds;
  tokenUrl: string;
  nowSeconds: () => number;
}>;

/**
 * Verifies `private_key_jwt` (RFC 7523, ES384 or RS384) by the key registered for the client, whose thumbprint stands
 * on the ledger. The ledger is asked only about a client whose key this gateway has and whose signature is right:
 * otherwise a stranger could make the gateway ask its peers. Every refusal reads the same; the reason is the cause.
 */
export async function verifyAssertion(assertion: string, rules: AssertionRules): Promise<System> {
  try {
    return await verify(assertion, rules);
  } catch (cause) {
    if (cause instanceof errors.JOSEError || cause instanceof Refused)
      throw new OAuthError('invalid_client', 'the client could not be authenticated', { cause });
    throw cause;
  }
}

class Refused extends Error {}

async function verify(assertion: string, rules: AssertionRules): Promise<System> {
  if (assertion.length > MAX_ASSERTION_CHARS) throw new Refused('the assertion is too long');
  const clientId = claimedClient(assertion);
  const jwk = await rules.directory.systemKey(clientId);
  if (jwk === undefined) throw new Refused('the client is not registered here');
  const thumbprint = await calculateJwkThumbprint(jwk, 'sha256');
  const claims = await verifySignature(assertion, { clientId, jwk, thumbprint }, rules);
  const { jti, exp } = requireShortLife(claims, rules.nowSeconds());
  const system = await rules.directory.system(clientId);
  if (system === undefined) throw new Refused('the client is not registered');
  if (system.status !== 'active') throw new Refused('the client is not active');
  if (thumbprint !== system.jwkThumbprint) throw new Refused('the key is not the one on the ledger');
  if (!rules.usedIds.take(clientId, jti, exp + CLOCK_SKEW_SECONDS))
    throw new Refused('the jti was used before');
  return system;
}

function claimedClient(assertion: string): SystemId {
  const { iss } = decodeJwt(assertion);
  try {
    return systemId(iss, 'iss');
  } catch (cause) {
    throw new Refused('iss is no client id', { cause });
  }
}

async function verifySignature(
  assertion: string,
  client: Readonly<{ clientId: SystemId; jwk: JWK; thumbprint: string }>,
  rules: AssertionRules,
): Promise<JWTPayload> {
  const { clientId, jwk, thumbprint } = client;
  const alg = jwk.kty === 'EC' ? 'ES384' : 'RS384';
  const key = await importJWK(jwk, alg);
  const { payload, protectedHeader } = await jwtVerify(assertion, key, {
    algorithms: [alg],
    audience: rules.tokenUrl,
    issuer: clientId,
    subject: clientId,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(rules.nowSeconds() * 1000),
  });
  if (Array.isArray(payload.aud)) throw new Refused('aud must name the token endpoint alone');
  if (protectedHeader.kid !== (jwk.kid ?? thumbprint) && protectedHeader.kid !== thumbprint)
    throw new Refused('kid is not known');
  return payload;
}

function requireShortLife(claims: JWTPayload, nowSeconds: number): { jti: string; exp: number } {
  const { exp, iat, jti } = claims;
  if (typeof jti !== 'string' || !JTI.test(jti)) throw new Refused('jti is missing or malformed');
  if (exp === undefined || exp > nowSeconds + MAX_ASSERTION_SECONDS + CLOCK_SKEW_SECONDS)
    throw new Refused('exp is more than five minutes away');
  if (iat !== undefined && iat > nowSeconds + CLOCK_SKEW_SECONDS) throw new Refused('iat lies in the future');
  return { jti, exp };
}
