// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from 'node:http';
import { DomainError, type Scope } from '@tutela/chaincode/domain';
import type { z } from 'zod';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from '../services/attempt.js';
import type { Pace } from './body.js';
import { HttpRefusal } from './refusal.js';
import type { Session } from './session.js';

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';

/** What a route answers; `txId` becomes a member of the documented body and a Link to the transaction. */
export type Reply = Readonly<{
  status: number;
  body?: Readonly<Record<string, unknown>> | readonly unknown[];
  stream?: AsyncIterable<Uint8Array>;
  headers?: Readonly<Record<string, string>>;
  txId?: string;
}>;

/** A request before it is parsed, without any trace of the framework. */
export type Incoming = Readonly<{
  params: Readonly<Record<string, unknown>>;
  query: Readonly<Record<string, unknown>>;
  headers: IncomingHttpHeaders;
  session: Session | undefined;
  /** Reads a JSON body within its limits. */
  json: () => Promise<unknown>;
  /** The raw body, piece by piece, at a pace. */
  bytes: (pace: Pace) => AsyncIterable<Uint8Array>;
  /** Carries the act out once for an idempotency key, or freely where none is given. */
  once: (request: OnceRequest, act: (attempt: Attempt) => Promise<Reply>) => Promise<Reply>;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}>;

/** What makes two requests the same: the operation, the client's key, and all parsed parameters. */
export type OnceRequest = Readonly<{
  session: Session;
  operationId: string;
  key: string | undefined;
  parameters: readonly unknown[];
}>;

/** A documented answer: a JSON schema, or a media type that streams. */
export type Answer = Readonly<{
  description: string;
  schema?: z.ZodType;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}>;

type Parsed<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler is given: only parsed values, and a session that has the scope. */
export type Call<
  P extends z.ZodType | undefined,
  Q extends z.ZodType | undefined,
  B extends z.ZodType | undefined,
> = Readonly<{
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  session: Session;
  /** The session's practitioner, in whose name services act. */
  actor: Actor;
  attempt: Attempt;
  headers: IncomingHttpHeaders;
  bytes: Incoming['bytes'];
  signal: AbortSignal;
}>;

type Described = Readonly<{
  method: Method;
  /** In OpenAPI's form, `/v1/patients/{handle}`. */
  path: `/v1/${string}`;
  operationId: string;
  tag: string;
  summary: string;
  /** All of these are needed; none means that any valid token will do. */
  scopes: readonly Scope[];
  answers: Readonly<Record<number, Answer>>;
  /** Request headers that the handler reads, by name with a sentence each. */
  requestHeaders?: Readonly<Record<string, string>>;
  /** `required` for what creates: repeating a request with the same key repeats its answer. */
  idempotency?: 'required' | 'optional';
  /** Media types of a raw body; absent for JSON. */
  rawBody?: readonly string[];
}>;

type Specification<
  P extends z.ZodType | undefined,
  Q extends z.ZodType | undefined,
  B extends z.ZodType | undefined,
> = Described &
  Readonly<{ params?: P; query?: Q; body?: B; handle: (call: Call<P, Q, B>) => Promise<Reply> }>;

/** One operation of the API: how it is described, and how it is carried out. */
export type Route = Described &
  Readonly<{
    params?: z.ZodType;
    query?: z.ZodType;
    body?: z.ZodType;
    carryOut: (incoming: Incoming) => Promise<Reply>;
  }>;

/** Ties a handler to its description, so that what is parsed and what is documented cannot differ. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(specification: Specification<P, Q, B>): Route {
  const { handle, params, query, body, ...described } = specification;
  const schemas = { ...(params && { params }), ...(query && { query }), ...(body && { body }) };
  return {
    ...described,
    ...schemas,
    carryOut: async (incoming) => {
      const session = requireScopes(incoming.session, described.scopes);
      const key = readIdempotencyKey(incoming.headers, described.idempotency);
      const parsed = {
        params: parse(params, incoming.params, 'path'),
        query: parse(query, incoming.query, 'query'),
        body: body === undefined ? noBody<B>() : parse(body, await incoming.json(), 'body'),
      };
      const { headers, bytes, signal } = incoming;
      const parameters = [parsed.params, parsed.query, parsed.body, headers['content-type']];
      const actor: Actor = { kind: 'practitioner', practitionerId: session.practitionerId };
      const act = (attempt: Attempt) =>
        handle({ ...parsed, session, actor, attempt, headers, bytes, signal });
      return incoming.once({ session, operationId: described.operationId, key, parameters }, act);
    },
  };
}

function requireScopes(session: Session | undefined, scopes: readonly Scope[]): Session {
  if (session === undefined) throw new HttpRefusal('unauthenticated');
  const missing = scopes.find((scope) => !session.scopes.includes(scope));
  if (missing !== undefined) throw new HttpRefusal('scope-missing', `the scope ${missing} is needed`);
  return session;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

function readIdempotencyKey(headers: IncomingHttpHeaders, use: Described['idempotency']): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined && use !== 'required') return undefined;
  if (typeof key !== 'string')
    throw new DomainError(
      'BAD_REQUEST',
      'the header Idempotency-Key is needed, so that a retry does no harm',
    );
  if (!IDEMPOTENCY_KEY.test(key))
    throw new DomainError(
      'BAD_REQUEST',
      'the header Idempotency-Key must have 1 to 128 visible ASCII characters',
    );
  return key;
}

/** The value of a JSON body by its schema. Throws BAD_REQUEST that names the member. */
export function parseBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw malformed('body', result.error);
}

function malformed(where: string, error: z.ZodError): DomainError {
  const [issue] = error.issues;
  const path = [where, ...(issue?.path ?? [])].join('.');
  return new DomainError('BAD_REQUEST', `${path}: ${issue?.message ?? 'is malformed'}`);
}

function parse<S extends z.ZodType | undefined>(
  schema: S | undefined,
  value: unknown,
  where: string,
): Parsed<S> {
  if (schema === undefined) {
    refuseAnything(value, where);
    return undefined as Parsed<S>;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data as Parsed<S>;
  throw malformed(where, result.error);
}

function refuseAnything(value: unknown, where: string): void {
  const given = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  if (given > 0) throw new DomainError('BAD_REQUEST', `${where}: nothing is expected here`);
}

function noBody<B extends z.ZodType | undefined>(): Parsed<B> {
  return undefined as Parsed<B>;
}
