// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';
import { RestProblem } from './rest-problem.js';

const TIMEOUT_MS = 60_000;

/** Asks a process over its private Unix socket and returns its JSON answer; refusals become {@link RestProblem}s. */
export async function askOperator(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { status, text } = await exchange(socketPath, method, path, body);
  const answer: unknown = text === '' ? {} : JSON.parse(text);
  if (status >= 300) throw RestProblem.from(status, answer);
  return answer;
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${socketPath} did not answer in ${TIMEOUT_MS} ms`)));
    asked.on('error', reject);
    asked.end(payload);
  });
}
