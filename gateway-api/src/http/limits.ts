// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { HttpRefusal } from './refusal.js';
import type { Session } from './session.js';

/** What one client may ask of the gateway. */
export type Limits = Readonly<{
  requestsPerMinute: number;
  /** Refused authentications from one address, whatever client they name; clients that are known there go on. */
  failedAuthenticationsPerMinute: number;
  concurrentRequests: number;
  concurrentEventStreams: number;
}>;

export const DEFAULT_LIMITS: Limits = {
  requestsPerMinute: 12_000,
  failedAuthenticationsPerMinute: 3_000,
  concurrentRequests: 64,
  concurrentEventStreams: 8,
};

const MINUTE_MS = 60_000;
const MAX_TARGET_CHARS = 4096;

/** The session that authentication left for the handlers behind it. */
export function sessionOf(response: Response): Session | undefined {
  const { session } = response.locals as { session?: Session };
  return session;
}

/** Requests of one client per minute, over all of its tokens. Stands behind authentication. */
export function limitClientRate(limits: Limits): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: limits.requestsPerMinute,
    keyGenerator: (_request, response) => sessionOf(response)?.clientId ?? 'anonymous',
    ...STANDARD,
  });
}

const STANDARD = {
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  handler: (_request, _response, next) => {
    next(new HttpRefusal('busy'));
  },
} as const satisfies Parameters<typeof rateLimit>[0];

/** How many requests of one client may be in work at once. */
export function limitConcurrency(most: number): RequestHandler {
  const running = new Map<string, number>();
  return (_request, response, next) => {
    const client = sessionOf(response)?.clientId ?? 'anonymous';
    const now = running.get(client) ?? 0;
    if (now >= most) throw new HttpRefusal('busy', `at most ${most} requests of one client at once`);
    running.set(client, now + 1);
    response.once('close', () => {
      const left = (running.get(client) ?? 1) - 1;
      if (left === 0) running.delete(client);
      else running.set(client, left);
    });
    next();
  };
}

/** Refuses over-long targets and compressed bodies, whose size nobody knows before they are unpacked. */
export const refuseUnreasonable: RequestHandler = (request, _response, next) => {
  if (request.url.length > MAX_TARGET_CHARS) throw new HttpRefusal('not-found');
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new HttpRefusal('not-acceptable', 'send the body without content-encoding');
  next();
};
