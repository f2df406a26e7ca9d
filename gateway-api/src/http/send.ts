// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RangeNotSatisfiable } from '../services/open-record.js';
import { problemOf, PROBLEM_TYPE, type Problem } from './problem.js';
import type { Reply } from './route.js';

/** How long the rest of a refused body is still read away, so that the client sees the refusal, in milliseconds. */
const LINGER_MS = 2000;

/** Larger bodies are written in pieces, each as the client takes the one before. */
const PIECE_BYTES = 64 * 1024;

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
  else if (reply.body !== undefined)
    await sendStream(inPieces(jsonFor(reply.body, 'application/json', response)), response, signal);
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
  response.end(jsonFor(problem, PROBLEM_TYPE, response));
  cutUnlessComplete(request);
  return problem;
}

/** A body as bytes, for an answer that says what and how many they are. */
function jsonFor(body: object, contentType: string, response: ServerResponse): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', json.length);
  return json;
}

/** A large answer in one piece looks unread until the last byte is taken, and ends with its connection. */
function* inPieces(json: Buffer): Generator<Uint8Array, void, undefined> {
  for (let from = 0; from < json.length; from += PIECE_BYTES) yield json.subarray(from, from + PIECE_BYTES);
}

async function sendStream(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
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
