// SPDX-License-Identifier: Apache-2.0
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import type { Logger } from 'pino';
import { REGISTRAR } from '../ledger/actor.js';
import { attemptInMemory, SEED_BYTES, type Attempt } from '../services/attempt.js';
import type { Registry } from '../services/registry.js';
import { collect, JSON_PACE, type Clock } from './body.js';
import type { SystemKeys } from './oauth/system-keys.js';
import { HttpRefusal } from './refusal.js';
import { note, requestLog } from './request-log.js';
import { newSystem } from './routes/registry.js';
import { department, practitionerRole } from './schemas/statements.js';
import { thumbprintOf } from './schemas/jwk.js';
import { z } from './schemas/zod.js';
import { parseBody } from './route.js';
import { sendProblem } from './send.js';
import { parseStrictJson } from './strict-json.js';

const newPractitioner = z.strictObject({
  role: practitionerRole,
  department,
  personKey: z.string().min(1).max(128).optional(),
});

export type OperatorOptions = Readonly<{
  registry: Registry;
  keys: SystemKeys;
  reconciliation: () => object;
  newId: () => string;
  randomBytes: (length: number) => Uint8Array;
  now: Clock;
  logger: Logger;
}>;

/** What the hospital's operator may do through the Unix socket, as the registrar; whoever opens the socket is trusted. */
export function createOperatorApp(options: OperatorOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(requestLog(options.logger));
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'up' });
  });
  app.get('/operator/reconciliation', (_request, response) => {
    response.json(options.reconciliation());
  });
  app.post('/operator/systems', async (request, response) => {
    response.status(201).json(await registerSystem(request, options));
  });
  app.post('/operator/practitioners', async (request, response) => {
    response.status(201).json(await registerPractitioner(request, options));
  });
  app.use(() => {
    throw new HttpRefusal('not-found');
  });
  app.use(answerError(options.logger));
  return app;
}

async function registerSystem(request: Request, options: OperatorOptions): Promise<object> {
  const { registry, keys, now } = options;
  note(request, { operation: 'registerSystem' });
  const { name, jwk, scopes } = parseBody(newSystem, await json(request, now));
  const jwkThumbprint = await thumbprintOf(jwk);
  const system = { jwkThumbprint, scopes };
  const { systemId, txId } = await registry.registerSystem(REGISTRAR, system, onlyAttempt(options));
  keys.put(systemId, jwk, name);
  return { clientId: systemId, txId };
}

async function registerPractitioner(request: Request, options: OperatorOptions): Promise<object> {
  note(request, { operation: 'registerPractitioner' });
  const person = parseBody(newPractitioner, await json(request, options.now));
  const personKey = person.personKey ?? options.newId();
  const attempt = onlyAttempt(options);
  return options.registry.registerPractitioner(REGISTRAR, { ...person, personKey }, attempt);
}

/** The operator's requests have no key, and are not repeated. */
function onlyAttempt({ randomBytes }: OperatorOptions): Attempt {
  return attemptInMemory(randomBytes(SEED_BYTES));
}

async function json(request: Request, now: Clock): Promise<unknown> {
  return parseStrictJson(await collect(request, JSON_PACE, now, undefined));
}

function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.closed) {
      next();
      return;
    }
    const { code, status } = sendProblem(error, request, response);
    note(request, { code });
    if (status >= 500) logger.error({ err: error }, 'an operator request failed');
  };
}
