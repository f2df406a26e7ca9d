// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GroundError, messageOf, type GroundErrorCode } from '../errors.js';
import type { ProcessSpec } from '../plan/process-spec.js';
import type { Supervisor } from './supervisor.js';

const maxBodyBytes = 256 * 1024;

/**
 * Serves the supervisor on a private Unix socket: `GET /processes`, `PUT /processes/{hospital}/{kind}`,
 * `POST /processes/{hospital}/{kind}/{start|stop|restart}` and `POST /shutdown`.
 * Whoever can open the socket is the user who started the consortium, so bodies are that user's own.
 */
export function controlServer(supervisor: Supervisor, afterShutdown: () => void): Server {
  return createServer((request, response) => {
    handle(supervisor, request, response, afterShutdown).catch((error: unknown) => {
      const code = error instanceof GroundError ? error.code : 'SUPERVISOR_UNREACHABLE';
      send(response, statusOf(code), { code, message: messageOf(error) });
    });
  });
}

function statusOf(code: GroundErrorCode): number {
  if (code === 'PROCESS_UNKNOWN') return 404;
  return code === 'NOT_RUNNING' ? 409 : 500;
}

async function handle(
  supervisor: Supervisor,
  request: IncomingMessage,
  response: ServerResponse,
  afterShutdown: () => void,
): Promise<void> {
  const parts = (request.url ?? '').split('/').filter((part) => part !== '');
  const route = `${request.method ?? ''} ${parts[0] ?? ''} ${parts.length}`;
  const name = `${parts[1] ?? ''}/${parts[2] ?? ''}`;
  switch (route) {
    case 'GET processes 1':
      send(response, 200, supervisor.list());
      return;
    case 'PUT processes 3':
      await supervisor.ensure(JSON.parse(await body(request)) as ProcessSpec);
      send(response, 200, {});
      return;
    case 'POST processes 4':
      await act(supervisor, name, parts[3] ?? '');
      send(response, 200, {});
      return;
    case 'POST shutdown 1':
      await supervisor.shutdown();
      // Whoever asked may have gone meanwhile.
      if (response.closed) afterShutdown();
      else response.once('close', afterShutdown);
      send(response, 200, {});
      return;
    default:
      send(response, 404, { code: 'USAGE', message: 'There is nothing here.' });
  }
}

async function act(supervisor: Supervisor, name: string, action: string): Promise<void> {
  if (action === 'stop' || action === 'restart') await supervisor.stop(name);
  if (action === 'start' || action === 'restart') supervisor.start(name);
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new GroundError('USAGE', 'The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(value));
}
