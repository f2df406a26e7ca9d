// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import type { Scope } from '@tutela/chaincode/domain';
import { randomNonce } from './random-id.js';
import { RestProblem } from './rest-problem.js';
import type { SystemClient } from './system-client.js';

const token = z.object({ access_token: z.string(), expires_in: z.number() });
const TIMEOUT_MS = 120_000;
const RENEW_BEFORE_MS = 60_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
export type Body = Uint8Array | string | AsyncIterable<Uint8Array> | URLSearchParams;
export interface Call {
  readonly method: Method;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Uint8Array;
}

/** One hospital's gateway over HTTPS, trusted through the consortium's TLS roots. */
export class GatewayClient {
  readonly url: string;
  readonly #agent: Agent;

  /** With a socket path, everything goes through that socket, and the certificate is still the url's. */
  constructor(url: string, tlsRootsFile: string, socketPath?: string) {
    this.url = url;
    this.#agent = new Agent({
      connect: {
        ca: readFileSync(tlsRootsFile, 'utf8'),
        ...(socketPath === undefined ? {} : { socketPath }),
      },
      connections: 64,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  /** Sends one request and returns the whole answer, whatever its status. */
  async send(call: Call): Promise<Answer> {
    const { statusCode, headers, body } = await this.stream(call);
    return { status: statusCode, headers, bytes: await body.bytes() };
  }

  /** As {@link send}, with the body as it comes. */
  stream({ method, path, headers = {}, body }: Call): Promise<Dispatcher.ResponseData> {
    const payload = body instanceof URLSearchParams ? body.toString() : body;
    return request(new URL(path, this.url), {
      method,
      headers,
      dispatcher: this.#agent,
      ...(payload === undefined ? {} : { body: payload as Uint8Array }),
    });
  }

  /** Speaks as a practitioner through a system. */
  session(system: SystemClient, practitionerId: string, scopes?: readonly Scope[]): Session {
    return new Session(this, system, practitionerId, scopes);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** One practitioner's session at their own hospital, with a token that is renewed in time. */
export class Session {
  readonly practitionerId: string;
  readonly gateway: GatewayClient;
  readonly #system: SystemClient;
  readonly #scopes: readonly Scope[] | undefined;
  #token: Readonly<{ value: string; renewAtMs: number }> | undefined;

  constructor(
    gateway: GatewayClient,
    system: SystemClient,
    practitionerId: string,
    scopes?: readonly Scope[],
  ) {
    this.gateway = gateway;
    this.practitionerId = practitionerId;
    this.#system = system;
    this.#scopes = scopes;
  }

  async get(path: string): Promise<unknown> {
    return json(await this.raw({ method: 'GET', path }));
  }

  /** Writes JSON; every write has an idempotency key, given or fresh. */
  async post(path: string, value: unknown = {}, idempotencyKey: string = randomNonce()): Promise<unknown> {
    return this.write('POST', path, value, idempotencyKey);
  }

  async write(
    method: Method,
    path: string,
    value: unknown,
    idempotencyKey = randomNonce(),
  ): Promise<unknown> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    return json(await this.raw({ method, path, headers, body: JSON.stringify(value) }));
  }

  /** Sends content of any type. */
  async upload(
    path: string,
    content: Readonly<{ contentType: string; bytes: Body; idempotencyKey?: string }>,
  ): Promise<unknown> {
    const headers = {
      'content-type': content.contentType,
      'idempotency-key': content.idempotencyKey ?? randomNonce(),
    };
    return json(await this.raw({ method: 'POST', path, headers, body: content.bytes }));
  }

  /** Content as bytes. */
  async bytes(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
    return (await this.raw({ method: 'GET', path, headers })).bytes;
  }

  /** Sends an authorised request; answers of 400 and above become {@link RestProblem}s. */
  async raw(call: Call): Promise<Answer> {
    const answer = await this.gateway.send({
      ...call,
      headers: { ...call.headers, ...(await this.authorization()) },
    });
    if (answer.status >= 400) throw problemOf(answer);
    return answer;
  }

  /** The header that carries a valid token. */
  async authorization(): Promise<Readonly<{ authorization: string }>> {
    if (this.#token === undefined || Date.now() > this.#token.renewAtMs) this.#token = await this.#obtain();
    return { authorization: `Bearer ${this.#token.value}` };
  }

  async #obtain(): Promise<Readonly<{ value: string; renewAtMs: number }>> {
    const tokenUrl = new URL('/oauth/token', this.gateway.url).toString();
    const body = await this.#system.tokenForm(tokenUrl, this.practitionerId, this.#scopes);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await this.gateway.send({ method: 'POST', path: '/oauth/token', headers, body });
    if (answer.status >= 400) throw problemOf(answer);
    const { access_token: value, expires_in: seconds } = token.parse(json(answer));
    return { value, renewAtMs: Date.now() + seconds * 1000 - RENEW_BEFORE_MS };
  }
}

function json({ bytes }: Answer): unknown {
  return bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
}

function problemOf(answer: Answer): RestProblem {
  const text = new TextDecoder().decode(answer.bytes);
  return RestProblem.from(answer.status, parsed(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
