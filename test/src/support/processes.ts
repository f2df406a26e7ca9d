// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import { processKinds, processStatus, type ProcessKind } from '@tutela/network/status';
import { askOperator } from './operator-socket.js';
import { waitFor, waitUntil } from './wait.js';

const RESTART_DEADLINE_MS = 60_000;
const READY_DEADLINE_MS = 120_000;

const supervised = z.object({
  spec: z.object({
    name: z.string(),
    hospital: z.string(),
    kind: z.enum(processKinds),
    address: z.string(),
    env: z.record(z.string(), z.string()),
    cwd: z.string(),
    logFile: z.string(),
  }),
  state: z.enum(['running', 'waiting', 'stopped']),
  pid: z.int().optional(),
  restarts: z.int(),
});
type Supervised = z.output<typeof supervised>;

/** One process of a running consortium as its supervisor sees it. */
export type RunningProcess = Supervised['spec'] & Readonly<Pick<Supervised, 'state' | 'pid' | 'restarts'>>;

/** The consortium's supervisor: what runs, and how to hold a process down. */
export class Processes {
  readonly stateDir: string;
  readonly #socket: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
    this.#socket = join(stateDir, 'supervisor.sock');
  }

  async list(): Promise<readonly RunningProcess[]> {
    const answer = z.array(supervised).parse(await askOperator(this.#socket, 'GET', '/processes'));
    return answer.map(({ spec, state, pid, restarts }) => ({
      ...spec,
      state,
      restarts,
      ...(pid === undefined ? {} : { pid }),
    }));
  }

  async one(hospital: string, kind: ProcessKind): Promise<RunningProcess> {
    const found = (await this.list()).find((each) => each.hospital === hospital && each.kind === kind);
    if (found === undefined) throw new Error(`there is no process ${hospital}/${kind}`);
    return found;
  }

  /** Stops a process and keeps it down until {@link release}. */
  async hold(hospital: string, kind: ProcessKind): Promise<void> {
    await askOperator(this.#socket, 'POST', `/processes/${hospital}/${kind}/stop`);
  }

  /** Starts a process that was held down and waits until it is ready. */
  async release(hospital: string, kind: ProcessKind): Promise<void> {
    await askOperator(this.#socket, 'POST', `/processes/${hospital}/${kind}/start`);
    await this.untilReady(hospital, kind);
  }

  /** Runs work while processes are down, and brings them back whatever happens. */
  async without<T>(down: readonly Readonly<[string, ProcessKind]>[], work: () => Promise<T>): Promise<T> {
    try {
      for (const [hospital, kind] of down) await this.hold(hospital, kind);
      return await work();
    } finally {
      for (const [hospital, kind] of down) await this.release(hospital, kind);
    }
  }

  /** Sends a signal to a process; returns its pid. */
  async signal(
    hospital: string,
    kind: ProcessKind,
    name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
  ): Promise<number> {
    const { pid } = await this.one(hospital, kind);
    if (pid === undefined) throw new Error(`${hospital}/${kind} does not run`);
    process.kill(pid, name);
    return pid;
  }

  /** Kills a process at once and returns a promise of the pid that the supervisor gave its successor. */
  async kill(
    hospital: string,
    kind: ProcessKind,
  ): Promise<{ readonly pid: number; readonly successor: Promise<number> }> {
    const pid = await this.signal(hospital, kind, 'SIGKILL');
    const successor = this.#untilReplaced(hospital, kind, pid);
    return { pid, successor };
  }

  /** Waits until a process answers its health question. */
  async untilReady(hospital: string, kind: ProcessKind): Promise<void> {
    await waitUntil(() => this.#isReady(hospital, kind), {
      what: `${hospital}/${kind} to be ready`,
      deadlineMs: READY_DEADLINE_MS,
    });
  }

  async #untilReplaced(hospital: string, kind: ProcessKind, killed: number): Promise<number> {
    const pid = await waitFor(
      async () => {
        const { pid: now, state } = await this.one(hospital, kind);
        return state === 'running' && now !== killed ? now : undefined;
      },
      { what: `the supervisor to restart ${hospital}/${kind}`, deadlineMs: RESTART_DEADLINE_MS },
    );
    await this.untilReady(hospital, kind);
    return pid;
  }

  async #isReady(hospital: string, kind: ProcessKind): Promise<boolean> {
    return (await processStatus(this.stateDir, { hospital, kind }))?.health === 'ready';
  }
}
