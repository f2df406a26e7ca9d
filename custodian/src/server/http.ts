// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DomainError, parseJson, type ErrorCode } from '@tutela/chaincode/domain';
import { ByHospital } from '../by-hospital.js';
import { failureCode, type Log } from '../log.js';
import { REQUESTS_OF_A_HOSPITAL, Turns } from '../turns.js';
import type { Admit } from './request-limit.js';

/** Largest request body in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;
/** How many requests of one hospital are answered at a time, and how many may be under way. */
export const REQUESTS = { atATime: 4, underWay: REQUESTS_OF_A_HOSPITAL } as const;
const BODY_TIMEOUT_MS = 10_000;
const MAX_JSON_DEPTH = 32;

/** A request, read whole. */
export type Request = Readonly<{
  parameters: readonly string[];
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** The hospital whose TLS certificate the caller showed; throws CALLER_UNKNOWN. */
  hospital: () => Promise<string>;
  /** Aborts when the caller leaves; also once it has its answer. */
  left: AbortSignal;
  /** The body as JSON; undefined without one. */
  body: unknown;
}>;

/** An answer: a status and what is sent as JSON, or as plain text. */
export type Answer = Readonly<{ status: number; body: object | string }>;

/** One route; what the pattern captures are its parameters. */
export type Route = Readonly<{
  method: 'GET' | 'POST' | 'DELETE';
  pattern: RegExp;
  handle: (request: Request) => Promise<Answer> | Answer;
  /**
   * Whether the pieces of its work take turns by hospital themselves, since it waits between them, or it answers from
   * memory, to whoever has a connection. Any other request of a hospital takes a turn as a whole.
   */
  takesTurns?: 'itself' | 'never';
}>;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  TOO_LARGE: 413,
  CALLER_UNKNOWN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  ALREADY_EXISTS: 409,
  RATE_LIMITED: 429,
  PEER_STALE: 503,
  PEER_FORKED: 503,
  CUSTODY_INACTIVE: 503,
  CLOCK_SKEWED: 503,
  LEDGER_UNAVAILABLE: 503,
  STORAGE_UNAVAILABLE: 503,
  COMMIT_UNKNOWN: 503,
  INTERNAL: 500,
};
const REFUSED = 403;

/** Whose a caller is, by its TLS certificate; throws CALLER_UNKNOWN. */
export type HospitalOf = (message: IncomingMessage) => Promise<string>;

/** Who the callers are; those on the operator's socket speak for no hospital, and take no turns. */
type Callers = Readonly<{ hospitalOf: HospitalOf; turns: ByHospital<Turns> }> | undefined;

/** Serves routes: bounded bodies, coded problems, nothing of a cause; hospitals take turns. */
export function serve(
  routes: readonly Route[],
  log: Log,
  admit: Admit = () => true,
  hospitalOf?: HospitalOf,
): RequestListener {
  const callers = hospitalOf && { hospitalOf, turns: new ByHospital(() => new Turns(REQUESTS)) };
  return (message, response) => {
    const left = new AbortController();
    const over = new Promise<void>((resolve) => {
      response.once('close', () => {
        left.abort();
        resolve();
      });
    });
    const reply = async (answered: Promise<Answer>): Promise<void> => {
      const { status, body } = await answered.catch((error: unknown) => problem(error, log));
      send(response, status, body);
    };
    const exchange = async (): Promise<void> => {
      if (!admit(message)) throw tooMany();
      const asked = readTarget(message, routes);
      const hospital = hospitalBy(message, callers);
      const context = { hospital, left: left.signal };
      if (callers === undefined || asked.route.takesTurns === 'never') {
        await reply(answer(message, asked, context));
        return;
      }
      const turns = callers.turns.of(await hospital());
      // It keeps its place from before its body is read until its answer was handed over.
      await turns.admit(async () => {
        await reply(answer(message, asked, { ...context, turns }));
        await over;
      });
    };
    exchange().catch((error: unknown) => reply(Promise.reject(error as Error)));
  };
}

function tooMany(): DomainError {
  return new DomainError('RATE_LIMITED', 'too many requests; wait a second');
}

function problem(error: unknown, log: Log): Answer {
  const known = error instanceof DomainError ? error : undefined;
  if (known === undefined || known.code === 'INTERNAL')
    log.error({ code: failureCode(error) }, 'a request failed');
  const code = known?.code ?? 'INTERNAL';
  const message = known === undefined ? 'the request could not be answered' : known.message;
  return { status: STATUS[code] ?? REFUSED, body: { code, message } };
}

/** The route that a request names, and what it says there. */
type Target = Readonly<{ route: Route; parameters: readonly string[]; query: URLSearchParams }>;

function readTarget({ url: target, method }: IncomingMessage, routes: readonly Route[]): Target {
  const url = URL.parse(target ?? '/', 'https://custodian');
  if (url === null) throw new DomainError('BAD_REQUEST', 'no such path');
  const route = routes.find((one) => one.method === method && one.pattern.test(url.pathname));
  if (route === undefined) throw new DomainError('NOT_FOUND', 'no such route');
  return { route, parameters: route.pattern.exec(url.pathname)?.slice(1) ?? [], query: url.searchParams };
}

function hospitalBy(message: IncomingMessage, callers: Callers): Request['hospital'] {
  return () =>
    callers?.hospitalOf(message) ??
    Promise.reject(new DomainError('CALLER_UNKNOWN', 'the caller has shown no certificate'));
}

async function answer(
  message: IncomingMessage,
  { route: { handle, takesTurns }, parameters, query }: Target,
  { turns, ...caller }: Pick<Request, 'hospital' | 'left'> & Readonly<{ turns?: Turns }>,
): Promise<Answer> {
  const bytes = message.method === 'POST' ? await readBody(message) : undefined;
  const parsed = (): Request => {
    const body = bytes === undefined ? undefined : parseBody(bytes);
    return { parameters, query, headers: message.headers, ...caller, body };
  };
  if (turns === undefined) return handle(parsed());
  if (takesTurns === 'itself') return handle(await turns.take(parsed));
  return turns.take(() => handle(parsed()));
}

function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  const text = decodeUtf8(bytes);
  demandShallow(text);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the body is not JSON', { cause });
  }
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const type = message.headers['content-type'] ?? 'application/json';
  if (!type.startsWith('application/json') || message.headers['content-encoding'] !== undefined)
    throw new DomainError('BAD_REQUEST', 'a body must be plain JSON');
  const pieces: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => message.destroy(new Error('the body came too slowly')), BODY_TIMEOUT_MS);
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > MAX_BODY_BYTES)
        throw new DomainError('TOO_LARGE', `a body must have at most ${MAX_BODY_BYTES} bytes`);
      pieces.push(piece);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the body is not UTF-8', { cause });
  }
}

/** Refuses nesting before it is parsed; brackets inside strings count too, which no valid body comes near. */
function demandShallow(text: string): void {
  let depth = 0;
  for (const symbol of text) {
    if (symbol === '{' || symbol === '[') depth += 1;
    else if (symbol === '}' || symbol === ']') depth -= 1;
    if (depth > MAX_JSON_DEPTH) throw new DomainError('BAD_REQUEST', 'the body is nested too deeply');
  }
}

function send(response: ServerResponse, status: number, body: object | string): void {
  if (response.headersSent || response.destroyed) return;
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; version=0.0.4' : 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}
