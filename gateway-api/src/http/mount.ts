// SPDX-License-Identifier: Apache-2.0
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Idempotency } from '../services/idempotency.js';
import { collect, JSON_PACE, paced, STREAM_PACE, type Clock } from './body.js';
import { sessionOf } from './limits.js';
import { BodyWatch, onceFor } from './once.js';
import { HttpRefusal } from './refusal.js';
import { note } from './request-log.js';
import type { Incoming, Route } from './route.js';
import { send } from './send.js';
import { parseStrictJson } from './strict-json.js';

/** What requests need beside themselves. */
export type Surroundings = Readonly<{
  now: Clock;
  randomBytes: (length: number) => Uint8Array;
  idempotency: Idempotency;
}>;

/** Puts every route on the router, and refuses other methods on their paths. */
export function mount(router: Router, routes: readonly Route[], surroundings: Surroundings): void {
  // Express lets GET answer HEAD, and so a HEAD would declare an intent and have keys released for nothing.
  for (const { path } of routes.filter(({ method }) => method === 'get'))
    if (!routes.some((route) => route.path === path && route.method === 'head'))
      router.head(expressPath(path), refuseMethod(methodsOf(routes, path)));
  for (const route of routes) router[route.method](expressPath(route.path), handler(route, surroundings));
  for (const path of new Set(routes.map(({ path }) => path)))
    router.all(expressPath(path), refuseMethod(methodsOf(routes, path)));
}

/** `/a/{id}` in Express's words. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{([A-Za-z]+)\}/g, ':$1');
}

function handler(route: Route, surroundings: Surroundings): RequestHandler {
  return async (request, response) => {
    note(request, { operation: route.operationId });
    const signal = abortedByClient(response);
    const reply = await route.carryOut(incoming(request, response, { signal, route, ...surroundings }));
    if (reply.txId !== undefined) note(request, { txId: reply.txId });
    await send(reply, response, signal);
  };
}

function methodsOf(routes: readonly Route[], path: string): readonly string[] {
  return routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
}

/** Refuses a method, and says which the path takes. */
export function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = methods.join(', ');
  return (_request, response) => {
    response.setHeader('allow', allow);
    throw new HttpRefusal('method-not-allowed', `this path takes ${allow}`);
  };
}

function incoming(
  request: Request,
  response: Response,
  context: Surroundings & Readonly<{ signal: AbortSignal; route: Route }>,
): Incoming {
  const { signal, now, route } = context;
  const accepted = route.rawBody;
  const body = new BodyWatch(rawBody(request, accepted, now), accepted !== undefined, STREAM_PACE);
  return {
    params: request.params,
    query: request.query,
    headers: request.headers,
    session: sessionOf(response),
    json: async () => {
      requireMediaType(request, ['application/json']);
      return parseStrictJson(await collect(request, JSON_PACE, now, declaredLength(request)));
    },
    bytes: body.bytes,
    once: onceFor(context.idempotency, context.randomBytes, body),
    signal,
  };
}

function rawBody(request: Request, accepted: readonly string[] | undefined, now: Clock): Incoming['bytes'] {
  return (pace) => {
    if (accepted !== undefined) requireMediaType(request, accepted);
    return paced(request, pace, now, declaredLength(request));
  };
}

function requireMediaType(request: Request, accepted: readonly string[]): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (accepted.includes('*/*') ? /^[\w.+-]+\/[\w.+-]+$/.test(type) : accepted.includes(type)) return;
  throw new HttpRefusal('not-acceptable', `send the body as ${accepted.join(' or ')}`);
}

function declaredLength(request: Request): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function abortedByClient(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
