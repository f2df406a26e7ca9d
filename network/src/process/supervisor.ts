// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from '../plan/process-spec.js';
import { GroundError } from '../errors.js';
import { ManagedProcess, type ProcessEvent, type ProcessState } from './managed-process.js';

/** What the supervisor tells about one process. */
export interface SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly state: ProcessState;
  readonly pid?: number;
  readonly restarts: number;
  readonly lastExit?: string;
}

/** Notes on which processes run, so that they can be found again if the supervisor is lost. */
export type RememberRunning = (identities: readonly string[]) => void;

/** Keeps a set of processes running, in the order in which they were first started. */
export class Supervisor {
  readonly #processes = new Map<string, ManagedProcess>();
  readonly #report: (event: ProcessEvent) => void;
  readonly #remember: RememberRunning;
  #end: Promise<void> | undefined;

  constructor(report: (event: ProcessEvent) => void, remember: RememberRunning) {
    this.#report = report;
    this.#remember = remember;
  }

  /** Lists all processes in the order in which they were first started. */
  list(): readonly SupervisedProcess[] {
    return [...this.#processes.values()].map((each) => ({
      spec: each.spec,
      state: each.state,
      ...(each.pid !== undefined && { pid: each.pid }),
      restarts: each.restarts,
      ...(each.lastExit !== undefined && { lastExit: each.lastExit }),
    }));
  }

  /**
   * Makes sure that a process runs as described; one that runs otherwise is restarted.
   * @throws GroundError NOT_RUNNING once everything is being stopped.
   */
  async ensure(spec: ProcessSpec): Promise<void> {
    this.#requireGoingOn();
    const existing = this.#processes.get(spec.name);
    if (existing === undefined) {
      const created = new ManagedProcess(spec, (event) => {
        this.#noticed(event);
      });
      this.#processes.set(spec.name, created);
      created.start();
      return;
    }
    if (JSON.stringify(existing.spec) !== JSON.stringify(spec)) {
      await existing.stop();
      this.#requireGoingOn();
      existing.describe(spec);
    }
    existing.start();
  }

  /** Starts a process that was stopped. @throws GroundError NOT_RUNNING once everything is being stopped. */
  start(name: string): void {
    this.#requireGoingOn();
    this.#named(name).start();
  }

  /** Stops a process and keeps it stopped. */
  async stop(name: string): Promise<void> {
    await this.#named(name).stop();
  }

  /**
   * Stops everything, the last started first; processes of one kind stop together. From then on nothing is started, and
   * it returns, to everyone who asks, once everything that was ever started has ended.
   */
  shutdown(): Promise<void> {
    this.#end ??= this.#stopAll();
    return this.#end;
  }

  async #stopAll(): Promise<void> {
    const kinds = new Map<string, ManagedProcess[]>();
    for (const each of this.#processes.values()) {
      kinds.set(each.spec.kind, [...(kinds.get(each.spec.kind) ?? []), each]);
    }
    for (const group of [...kinds.values()].reverse()) await Promise.all(group.map((each) => each.stop()));
  }

  #requireGoingOn(): void {
    if (this.#end === undefined) return;
    throw new GroundError('NOT_RUNNING', 'The consortium is being stopped.');
  }

  #named(name: string): ManagedProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new GroundError('PROCESS_UNKNOWN', `There is no process ${name} here.`);
    return found;
  }

  #noticed(event: ProcessEvent): void {
    this.#report(event);
    this.#remember([...this.#processes.values()].flatMap((each) => each.identities));
  }
}
