// SPDX-License-Identifier: Apache-2.0
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { COPIES_IN_QUESTION_PATH, COPIES_PATH, partInQuestion, partToKeep } from '@tutela/chaincode/domain';
import type { Logger } from 'pino';
import type { Copies } from '../services/copies.js';
import { collect, JSON_PACE, type Clock } from './body.js';
import { HttpRefusal } from './refusal.js';
import { sendProblem } from './send.js';
import { parseStrictJson } from './strict-json.js';

export type CopiesAppOptions = Readonly<{ copies: Copies; now: Clock; logger: Logger }>;

/**
 * The routes on a Unix socket by which the own custodian has this gateway keep copies for other hospitals. The custodian
 * knows by mutual TLS which hospital asks; a process that opens the socket is trusted to name it, and with nothing else.
 */
export function createCopiesApp({ copies, now, logger }: CopiesAppOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.post(COPIES_PATH, async (request, response) => {
    const { hospital, part } = partToKeep(await json(request, now), '$');
    await copies.keep(hospital, part, leaving(request));
    response.json({ kept: true });
  });
  app.post(COPIES_IN_QUESTION_PATH, async (request, response) => {
    const { part } = partInQuestion(await json(request, now), '$');
    response.json({ kept: await copies.keeps(part, leaving(request)) });
  });
  app.use(() => {
    throw new HttpRefusal('not-found');
  });
  app.use(answerError(logger));
  return app;
}

async function json(request: Request, now: Clock): Promise<unknown> {
  return parseStrictJson(await collect(request, JSON_PACE, now, undefined));
}

/** Aborts when the custodian leaves, as it does when the time of the hospital that asked is over. */
function leaving(request: Request): AbortSignal {
  const left = new AbortController();
  request.res?.once('close', () => {
    left.abort();
  });
  return left.signal;
}

/** Other hospitals choose how often they ask: refusals are logged as counts, and only defects one by one. */
function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.closed) {
      next();
      return;
    }
    const { code } = sendProblem(error, request, response);
    if (code === 'INTERNAL') logger.error({ err: error }, 'a copy for another hospital failed');
  };
}
