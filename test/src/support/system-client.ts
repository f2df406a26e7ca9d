// SPDX-License-Identifier: Apache-2.0
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';
import { SCOPES, type Scope } from '@tutela/chaincode/domain';
import { askOperator } from './operator-socket.js';
import { randomNonce } from './random-id.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const registered = z.object({ clientId: z.string() });

/** A hospital's system: a SMART Backend Services client with its own ES384 key. */
export class SystemClient {
  readonly clientId: string;
  readonly scopes: readonly Scope[];
  readonly #privateKey: CryptoKey;
  readonly #keyId: string;

  private constructor(clientId: string, scopes: readonly Scope[], privateKey: CryptoKey, keyId: string) {
    this.clientId = clientId;
    this.scopes = scopes;
    this.#privateKey = privateKey;
    this.#keyId = keyId;
  }

  /** Registers a fresh key at a hospital through its operator's socket. */
  static async register(
    operatorSocket: string,
    name: string,
    scopes: readonly Scope[] = SCOPES,
  ): Promise<SystemClient> {
    const { publicKey, privateKey } = await generateKeyPair('ES384');
    const exported = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(exported);
    const jwk: JWK = { ...exported, kid, alg: 'ES384', use: 'sig' };
    const answer = await askOperator(operatorSocket, 'POST', '/operator/systems', { name, jwk, scopes });
    return new SystemClient(registered.parse(answer).clientId, scopes, privateKey, kid);
  }

  /** A signed assertion for the token endpoint (RFC 7523 §2.2), valid once. */
  async assertion(audience: string, overrides: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.clientId,
      sub: this.clientId,
      aud: audience,
      jti: randomNonce(),
      iat: seconds,
      exp: seconds + 240,
    };
    return new SignJWT({ ...claims, ...overrides })
      .setProtectedHeader({ alg: 'ES384', typ: 'JWT', kid: this.#keyId })
      .sign(this.#privateKey);
  }

  /** Form of a token request on behalf of a practitioner. */
  async tokenForm(
    tokenUrl: string,
    practitionerId: string,
    scopes: readonly Scope[] = this.scopes,
  ): Promise<URLSearchParams> {
    return new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await this.assertion(tokenUrl),
      scope: scopes.join(' '),
      practitioner: practitionerId,
    });
  }
}
