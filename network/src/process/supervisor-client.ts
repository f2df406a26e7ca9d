// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import type { ProcessSpec } from '../plan/process-spec.js';
import type { ProcessRunner } from './process-runner.js';
import { askSocket, type SocketRequest } from './socket-client.js';
import type { SupervisedProcess } from './supervisor.js';

const askTimeoutMs = 30_000;
const shutdownTimeoutMs = 180_000;
const pingTimeoutMs = 2_000;

/** Speaks to a consortium's supervisor over its socket. */
export class SupervisorClient implements ProcessRunner {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Tells whether a supervisor answers. */
  async answers(): Promise<boolean> {
    const asked = askSocket({
      socketPath: this.#socketPath,
      method: 'GET',
      path: '/processes',
      timeoutMs: pingTimeoutMs,
    });
    return asked.then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  async list(): Promise<readonly SupervisedProcess[]> {
    return (await this.#ask('GET', '/processes')) as readonly SupervisedProcess[];
  }

  async ensure(spec: ProcessSpec): Promise<void> {
    await this.#ask('PUT', `/processes/${spec.name}`, { json: spec });
  }

  async act(name: string, action: 'start' | 'stop' | 'restart'): Promise<void> {
    await this.#ask('POST', `/processes/${name}/${action}`);
  }

  /** Ends every process and then the supervisor itself. */
  async shutdown(): Promise<void> {
    await this.#ask('POST', '/shutdown', { timeoutMs: shutdownTimeoutMs });
  }

  async #ask(
    method: SocketRequest['method'],
    path: string,
    { json, timeoutMs = askTimeoutMs }: { json?: unknown; timeoutMs?: number } = {},
  ): Promise<unknown> {
    const asked = askSocket({ socketPath: this.#socketPath, method, path, json, timeoutMs });
    const { status, body } = await asked.catch((cause: unknown) => {
      // An orderly end removes the socket; one that lies there still is of a supervisor that was killed, or hangs.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
        throw new GroundError('NOT_RUNNING', 'The consortium is stopped.', {
          advice: 'Start it with `npm start` or `tutela up`.',
          cause,
        });
      throw new GroundError('SUPERVISOR_UNREACHABLE', 'The consortium’s supervisor does not answer.', {
        advice: 'Run `tutela up` to start the consortium, or `tutela down` to clear what is left of it.',
        cause,
      });
    });
    if (status === 200) return body;
    const { code, message } = body as { code?: string; message?: string };
    if (code === 'NOT_RUNNING')
      throw new GroundError(code, message ?? '', {
        advice: 'Wait until it has stopped; `tutela up` starts it again.',
      });
    throw new GroundError(
      code === 'PROCESS_UNKNOWN' ? code : 'SUPERVISOR_UNREACHABLE',
      message ?? `status ${status}`,
    );
  }
}
