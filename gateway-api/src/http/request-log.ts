// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '@tutela/chaincode/domain';
import { pino, type DestinationStream, type Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';
import { HttpRefusal } from './refusal.js';

/** What may be said of a request in the log: ids and codes, never an address, a header or a body. */
export type RequestFacts = {
  operation?: string;
  clientId?: string;
  practitionerId?: string;
  code?: string;
  txId?: string;
};

const facts = new WeakMap<IncomingMessage, RequestFacts>();
/** Asked every few seconds by supervisors; a line for each would hide the rest. */
const PROBES = ['/healthz', '/readyz', '/metrics'];
const MAX_CAUSES = 5;
const MAX_FRAMES = 12;

/** Adds facts to the line that will be written when the request ends. */
export function note(request: IncomingMessage, added: RequestFacts): void {
  facts.set(request, { ...facts.get(request), ...added });
}

export function factsOf(request: IncomingMessage): RequestFacts {
  return facts.get(request) ?? {};
}

/** The gateway's logger: structured, errors by name, code and place only. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    name: 'gateway',
    level,
    base: { name: 'gateway' },
    serializers: { err: describeError },
    redact: ['authorization', '*.authorization', '*.passphrase', '*.key', '*.token', '*.jwk', '*.body'],
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** One line for each request when it has ended. */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: () => randomUUID(),
    wrapSerializers: false,
    autoLogging: { ignore: ({ url }) => PROBES.some((path) => path === url) },
    serializers: {
      req: (request: IncomingMessage & { id?: unknown }) => ({ id: request.id, method: request.method }),
      res: (response: ServerResponse) => ({ status: response.statusCode }),
      err: describeError,
    },
    customProps: (request) => factsOf(request),
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessMessage: () => 'answered',
    customErrorMessage: () => 'failed',
    // Why it failed has a line of its own, with the same request id.
    customErrorObject: (_request, _response, _error, line: object) => ({ ...line, err: undefined }),
  });
}

/** Names, codes and stack frames of an error and its causes; a message may quote what somebody sent, so it stays out. */
export function describeError(error: unknown): object {
  const causes: object[] = [];
  for (let at = error; at instanceof Error && causes.length < MAX_CAUSES; at = at.cause)
    causes.push({ name: at.name, ...codeOf(at), frames: framesOf(at) });
  return { causes };
}

function codeOf(error: Error): { code?: string } {
  if (error instanceof DomainError) return { code: error.code };
  if (error instanceof HttpRefusal) return { code: error.kind };
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {};
}

function framesOf(error: Error): readonly string[] {
  const lines = (error.stack ?? '').split('\n');
  return lines
    .filter((line) => /^\s+at .*[:(]\S*\d+:\d+\)?$/.test(line))
    .map((line) => line.trim())
    .slice(0, MAX_FRAMES);
}
