// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';

/** One request to an HTTP server on a Unix socket. */
export interface SocketRequest {
  readonly socketPath: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly json?: unknown;
  readonly timeoutMs: number;
}

/** What such a server answered. */
export interface SocketAnswer {
  readonly status: number;
  readonly body: unknown;
}

const maxAnswerBytes = 16 * 1024 * 1024;

/** Asks an HTTP server on a Unix socket and parses its JSON answer; rejects when nobody answers in time. */
export function askSocket({
  socketPath,
  method,
  path,
  json,
  timeoutMs,
}: SocketRequest): Promise<SocketAnswer> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxAnswerBytes) outgoing.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) });
      });
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer in time')), timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(body);
  });
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
