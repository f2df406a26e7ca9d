// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { GroundError, messageOf } from '../errors.js';
import { signLowS } from './low-s.js';

const requestTimeoutMs = 20_000;

/** The codes with which Fabric CA says that an identity is already there. */
const alreadyRegisteredCode = 74;

const envelope = z.object({
  success: z.boolean(),
  result: z.unknown(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
});

const enrolled = z.object({ Cert: z.string(), ServerInfo: z.object({ CAChain: z.string() }) });

const listed = z.object({ CRL: z.string().min(1) });

/** A certificate with which its holder signs requests to the authority. */
export interface CaCredentials {
  readonly certPem: string;
  readonly key: KeyObject;
}

/** Makes credentials from PEM texts. */
export function caCredentials(certPem: string, keyPem: string): CaCredentials {
  return { certPem, key: createPrivateKey(keyPem) };
}

/** What is registered: a name, its kind, a one-time secret and attributes. */
export interface Registration {
  readonly id: string;
  readonly type: string;
  readonly secret: string;
  readonly attrs: readonly { readonly name: string; readonly value: string; readonly ecert: boolean }[];
}

/** What is enrolled: a request signed with the new key. */
export interface Enrolment {
  readonly id: string;
  readonly secret: string;
  readonly requestPem: string;
  readonly profile?: 'tls';
  readonly hosts?: readonly string[];
}

/** A certificate and the chain of the authority that signed it, both PEM. */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly chainPem: string;
}

/** Speaks to one authority of a Fabric CA server over its REST interface. */
export class CaClient {
  readonly #url: string;
  readonly #authority: string;
  readonly #agent: Agent;

  constructor(options: { readonly url: string; readonly rootPem: string; readonly authority: string }) {
    this.#url = options.url;
    this.#authority = options.authority;
    this.#agent = new Agent({ connect: { ca: options.rootPem } });
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** Turns a registered name, its secret and a request into a certificate. */
  async enroll({ id, secret, requestPem, profile, hosts }: Enrolment): Promise<IssuedCertificate> {
    const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const body = JSON.stringify({ caname: this.#authority, certificate_request: requestPem, profile, hosts });
    const result = enrolled.parse(await this.#send('POST', '/api/v1/enroll', body, basic));
    return { certPem: decode(result.Cert), chainPem: decode(result.ServerInfo.CAChain) };
  }

  /** Registers an identity; one that is already there is given the new secret instead. */
  async register(registration: Registration, registrar: CaCredentials): Promise<void> {
    const body = JSON.stringify({ ...registration, max_enrollments: -1, caname: this.#authority });
    try {
      await this.#signed('POST', '/api/v1/register', body, registrar);
    } catch (error) {
      if (!(error instanceof CaRefusal) || !error.codes.includes(alreadyRegisteredCode)) throw error;
      const change = JSON.stringify({ secret: registration.secret, caname: this.#authority });
      await this.#signed(
        'PUT',
        `/api/v1/identities/${encodeURIComponent(registration.id)}`,
        change,
        registrar,
      );
    }
  }

  /** Revokes every certificate of an identity; nobody outside the authority knows of it yet. */
  async revoke(id: string, revoker: CaCredentials): Promise<void> {
    const body = JSON.stringify({ id, reason: 'cessationofoperation', caname: this.#authority });
    await this.#signed('POST', '/api/v1/revoke', body, revoker);
  }

  /** The authority's list of what it revoked and what has not expired by itself (RFC 5280 §5), PEM. */
  async revocationList(asker: CaCredentials): Promise<string> {
    const body = JSON.stringify({ caname: this.#authority });
    return decode(listed.parse(await this.#signed('POST', '/api/v1/gencrl', body, asker)).CRL);
  }

  /** Authorises a request with a token: base64 certificate and a low-S signature over method, path, body and certificate. */
  #signed(
    method: 'POST' | 'PUT',
    path: string,
    body: string,
    { certPem, key }: CaCredentials,
  ): Promise<unknown> {
    const cert = Buffer.from(certPem).toString('base64');
    const parts = [method, base64(path), base64(body), cert];
    const signature = signLowS(Buffer.from(parts.join('.')), key).toString('base64');
    return this.#send(method, path, body, `${cert}.${signature}`);
  }

  async #send(method: 'POST' | 'PUT', path: string, body: string, authorization: string): Promise<unknown> {
    const response = await request(`${this.#url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization, 'content-type': 'application/json' },
      body,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
    }).catch((cause: unknown) => {
      throw new GroundError(
        'CA_REFUSED',
        `The certificate authority at ${this.#url} does not answer: ${messageOf(cause)}`,
        { cause },
      );
    });
    const answer = envelope.safeParse(await response.body.json());
    if (answer.success && answer.data.success) return answer.data.result;
    throw new CaRefusal(`${method} ${path}`, answer.data?.errors ?? []);
  }
}

/** The authority's own refusal, with its error codes. */
export class CaRefusal extends GroundError {
  readonly codes: readonly number[];

  constructor(request: string, errors: readonly { readonly code: number; readonly message: string }[]) {
    const reasons = errors.map(({ code, message }) => `${message} (code ${code})`).join('; ');
    super('CA_REFUSED', `The certificate authority refused ${request}: ${reasons || 'no reason given'}`);
    this.codes = errors.map(({ code }) => code);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
