// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import type { ProcessSpec } from '../plan/process-spec.js';
import { BackOff } from './back-off.js';
import { launch } from './launch.js';
import { openLog } from './log-file.js';
import { processIdentity } from './pid.js';

/** What a process is doing, as its supervisor sees it. */
export type ProcessState = 'running' | 'waiting' | 'stopped';

/** A moment in the life of a process, for the supervisor's log. */
export interface ProcessEvent {
  readonly event: 'started' | 'exited' | 'failed' | 'stopping';
  readonly process: string;
  readonly pid?: number;
  readonly code?: number;
  readonly signal?: string;
  readonly restartInMs?: number;
}

/** One process that is started again whenever it ends without having been asked to. */
export class ManagedProcess {
  #spec: ProcessSpec;
  readonly #report: (event: ProcessEvent) => void;
  #backOff = new BackOff();
  #child: ChildProcess | undefined;
  /** Every program that was started and has not ended, with its end; more than one while one ends and the next began. */
  readonly #living = new Map<ChildProcess, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #state: ProcessState = 'stopped';
  #restarts = 0;
  #startedAtMs = 0;
  #lastExit: string | undefined;

  constructor(spec: ProcessSpec, report: (event: ProcessEvent) => void) {
    this.#spec = spec;
    this.#report = report;
  }

  get spec(): ProcessSpec {
    return this.#spec;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#state === 'running' ? this.#child?.pid : undefined;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get lastExit(): string | undefined {
    return this.#lastExit;
  }

  /** Names everything that was started and has not ended, so that a reuse of a number is not mistaken for it. */
  get identities(): readonly string[] {
    const named = [...this.#living.keys()].map(({ pid }) =>
      pid === undefined ? undefined : processIdentity(pid),
    );
    return named.filter((each) => each !== undefined);
  }

  /** Starts the process now, unless it runs; its delays begin anew, since what ended it may have been repaired. */
  start(): void {
    if (this.#state === 'running') return;
    clearTimeout(this.#timer);
    this.#backOff = new BackOff();
    this.#spawn();
  }

  /** Ends the process and leaves it ended: kills what does not obey in time, and returns once all that it started has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const running = this.#state === 'running';
    this.#state = 'stopped';
    if (running) this.#report({ event: 'stopping', process: this.#spec.name });
    await Promise.all([...this.#living].map(([child, ended]) => this.#end(child, ended)));
  }

  /** Takes a new description, which holds from the next start. */
  describe(spec: ProcessSpec): void {
    this.#spec = spec;
  }

  async #end(child: ChildProcess, ended: Promise<void>): Promise<void> {
    child.kill(this.#spec.stopSignal);
    // A process frozen by SIGSTOP only sees its signal once it goes on.
    child.kill('SIGCONT');
    if (await settlesWithin(ended, this.#spec.stopTimeoutMs)) return;
    child.kill('SIGKILL');
    await ended;
  }

  #spawn(): void {
    const { cwd, env, logFile, name, staleSockets } = this.#spec;
    const { command, args } = launch(this.#spec);
    for (const socket of staleSockets) rmSync(socket, { force: true });
    const log = openLog(logFile);
    const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
    const child = spawn(command, [...args], {
      cwd,
      env: { ...inherited, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#state = 'running';
    this.#startedAtMs = performance.now();
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#ended(child, { ...(code !== null && { code }), ...(signal !== null && { signal }) });
        resolve();
      });
      child.on('error', (error) => {
        // One that runs reports a signal that could not be sent in the same way.
        if (child.pid !== undefined) return;
        this.#ended(child, { signal: error.message });
        resolve();
      });
    });
    this.#living.set(child, ended);
    this.#report({ event: 'started', process: name, ...(child.pid !== undefined && { pid: child.pid }) });
  }

  #ended(child: ChildProcess, how: { readonly code?: number; readonly signal?: string }): void {
    this.#living.delete(child);
    if (child !== this.#child) return;
    this.#lastExit = how.signal ?? `code ${how.code ?? 'unknown'}`;
    if (this.#state === 'stopped') {
      this.#report({ event: 'exited', process: this.#spec.name, ...how });
      return;
    }
    const restartInMs = this.#backOff.next(performance.now() - this.#startedAtMs);
    this.#state = 'waiting';
    this.#report({ event: 'failed', process: this.#spec.name, ...how, restartInMs });
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.#spawn();
    }, restartInMs);
  }
}

async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
  });
  const settled = await Promise.race([promise.then(() => true as const), late]);
  clearTimeout(timer);
  return settled;
}
