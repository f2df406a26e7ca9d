// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type KeyObject } from 'node:crypto';
import { enrolmentId, mspId, SCOPES, systemId, type Scope } from '@tutela/chaincode/domain';
import { jwtVerify, SignJWT } from 'jose';
import { HttpRefusal } from '../refusal.js';
import type { Session } from '../session.js';

/** Life of an access token, in seconds. */
export const ACCESS_TOKEN_SECONDS = 300;
const MAX_TOKEN_CHARS = 4096;
const TYPE = 'at+jwt';

/** Makes and reads this gateway's access tokens (RFC 9068 shape, ES256); nobody else's are accepted. */
export class AccessTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #issuer: string;
  readonly #nowSeconds: () => number;
  readonly #newId: () => string;

  constructor(
    options: Readonly<{ key: KeyObject; issuer: string; nowSeconds: () => number; newId: () => string }>,
  ) {
    this.#privateKey = options.key;
    this.#publicKey = createPublicKey(options.key);
    this.#issuer = options.issuer;
    this.#nowSeconds = options.nowSeconds;
    this.#newId = options.newId;
  }

  async issue(session: Session): Promise<string> {
    const now = this.#nowSeconds();
    const { mspId: hospital, practitionerId, scopes } = session;
    return new SignJWT({ hospital, practitioner: practitionerId, scope: scopes.join(' ') })
      .setProtectedHeader({ alg: 'ES256', typ: TYPE })
      .setIssuer(this.#issuer)
      .setAudience(this.#issuer)
      .setSubject(session.clientId)
      .setJti(this.#newId())
      .setIssuedAt(now)
      .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
      .sign(this.#privateKey);
  }

  /** The session of a token. Throws `unauthenticated` for any other text. */
  async read(token: string): Promise<Session> {
    try {
      if (token.length > MAX_TOKEN_CHARS) throw new HttpRefusal('unauthenticated');
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: ['ES256'],
        typ: TYPE,
        issuer: this.#issuer,
        audience: this.#issuer,
        requiredClaims: ['exp', 'sub', 'jti'],
        currentDate: new Date(this.#nowSeconds() * 1000),
      });
      return {
        clientId: systemId(payload.sub, 'sub'),
        mspId: mspId(payload.hospital, 'hospital'),
        practitionerId: enrolmentId(payload.practitioner, 'practitioner'),
        scopes: scopesIn(payload.scope),
      };
    } catch (cause) {
      throw new HttpRefusal('unauthenticated', '', { cause });
    }
  }
}

function scopesIn(claim: unknown): readonly Scope[] {
  const named = typeof claim === 'string' ? claim.split(' ') : [];
  return SCOPES.filter((scope) => named.includes(scope));
}
