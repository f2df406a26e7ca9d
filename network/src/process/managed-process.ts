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

const killedWaitMs = 2_000;

/** One process that is started again whenever it ends without having been asked to. */
export class ManagedProcess {
  #spec: ProcessSpec;
  readonly #report: (event: ProcessEvent) => void;
  #backOff = new BackOff();
  #child: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();
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

  /** The running process's identity, which outlives a reuse of its number. */
  get identity(): string | undefined {
    return this.pid === undefined ? undefined : processIdentity(this.pid);
  }

  /** Starts the process now, unless it runs; its delays begin anew, since what ended it may have been repaired. */
  start(): void {
    if (this.#state === 'running') return;
    clearTimeout(this.#timer);
    this.#backOff = new BackOff();
    this.#spawn();
  }

  /** Ends the process and leaves it ended; kills it when it does not obey in time. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const running = this.#state === 'running';
    this.#state = 'stopped';
    const child = this.#child;
    if (!running || child === undefined) return;
    this.#report({ event: 'stopping', process: this.#spec.name });
    child.kill(this.#spec.stopSignal);
    // A process frozen by SIGSTOP only sees its signal once it goes on.
    child.kill('SIGCONT');
    if (await settlesWithin(this.#exit, this.#spec.stopTimeoutMs)) return;
    child.kill('SIGKILL');
    await settlesWithin(this.#exit, killedWaitMs);
  }

  /** Takes a new description, which holds from the next start. */
  describe(spec: ProcessSpec): void {
    this.#spec = spec;
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
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#ended(child, { ...(code !== null && { code }), ...(signal !== null && { signal }) });
        resolve();
      });
      child.once('error', (error) => {
        this.#ended(child, { signal: error.message });
        resolve();
      });
    });
    this.#report({ event: 'started', process: name, ...(child.pid !== undefined && { pid: child.pid }) });
  }

  #ended(child: ChildProcess, how: { readonly code?: number; readonly signal?: string }): void {
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
