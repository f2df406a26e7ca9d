// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RangeNotSatisfiable } from '../services/open-record.js';
import { problemOf, PROBLEM_TYPE, type Problem } from './problem.js';
import type { Reply } from './route.js';

/** How long the rest of a refused body is still read away, so that the client sees the refusal, in milliseconds. */
const LINGER_MS = 2000;

const ENTITY_HEADERS = [
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
];

/** Where the state of a transaction is told. */
export function transactionPath(txId: string): string {
  return `/v1/transactions/${txId}`;
}

/** Writes an answer; a stream that fails half-way cuts the connection, so that the client notices. */
export async function send(reply: Reply, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.txId !== undefined) response.setHeader('link', `<${transactionPath(reply.txId)}>; rel="status"`);
  if (reply.stream !== undefined) await sendStream(reply.stream, response, signal);
  else if (reply.body !== undefined) sendJson(reply.body, 'application/json', response);
  else response.end();
}

/** Answers an error as a problem of RFC 9457, or cuts the connection when the answer has already begun. */
export function sendProblem(error: unknown, request: IncomingMessage, response: ServerResponse): Problem {
  const problem = problemOf(error);
  if (response.headersSent) {
    response.destroy();
    return problem;
  }
  for (const name of ENTITY_HEADERS) response.removeHeader(name);
  response.statusCode = problem.status;
  if (problem.txId !== undefined)
    response.setHeader('link', `<${transactionPath(problem.txId)}>; rel="status"`);
  if (error instanceof RangeNotSatisfiable) response.setHeader('content-range', `bytes */${error.size}`);
  if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (problem.status === 429 || problem.status === 503) response.setHeader('retry-after', '1');
  sendJson(problem, PROBLEM_TYPE, response);
  cutUnlessComplete(request);
  return problem;
}

function sendJson(body: object, contentType: string, response: ServerResponse): void {
  const json = JSON.stringify(body);
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', Buffer.byteLength(json));
  response.end(json);
}

async function sendStream(
  stream: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of stream) {
    if (response.write(piece)) continue;
    await once(response, 'drain', { signal });
  }
  response.end();
}

function cutUnlessComplete(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
}
