// SPDX-License-Identifier: Apache-2.0
import { HttpRefusal } from '../refusal.js';
import type { Session } from '../session.js';
import type { AccessTokens } from './access-tokens.js';
import type { Directory } from './directory.js';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Turns the header `authorization` into a session that still holds. */
export type Authenticate = (authorization: string | undefined) => Promise<Session>;

/** The token in the header `authorization`. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

/**
 * A token is only a claim: with every request system and practitioner must stand as active in the directory, which
 * follows the ledger, so that a suspension, or a scope taken away, bites before the token ends. Throws `unauthenticated`.
 */
export function authenticator(tokens: AccessTokens, directory: Directory): Authenticate {
  return async (authorization) => {
    const token = bearerToken(authorization);
    if (token === undefined) throw new HttpRefusal('unauthenticated');
    const claimed = await tokens.read(token);
    const [system, practitioner] = await Promise.all([
      directory.system(claimed.clientId),
      directory.practitioner(claimed.practitionerId),
    ]);
    if (system?.status !== 'active') throw new HttpRefusal('unauthenticated');
    if (practitioner?.status !== 'active') throw new HttpRefusal('unauthenticated');
    if (system.mspId !== claimed.mspId || practitioner.mspId !== claimed.mspId)
      throw new HttpRefusal('unauthenticated');
    return { ...claimed, scopes: claimed.scopes.filter((scope) => system.scopes.includes(scope)) };
  };
}
