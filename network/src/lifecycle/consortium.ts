// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import { layoutState } from '../plan/layout.js';
import { processName, type ProcessKind } from '../plan/process-spec.js';
import type { ConsortiumProfile } from '../plan/profile.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { findLeader } from './leader.js';
import { waitUntilReady } from './start-processes.js';
import { consortiumStatus, type ProcessStatus } from './status.js';
import { down } from './down.js';
import { up, type UpOptions } from './up.js';

/** A running consortium in the hands of a program. */
export interface Consortium {
  readonly profile: ConsortiumProfile;
  status(): Promise<readonly ProcessStatus[]>;
  /** Sends a signal to a process; one that dies of it is started again by the supervisor. */
  kill(hospital: string, kind: ProcessKind, signal: NodeJS.Signals): Promise<void>;
  /** Stops a process from doing anything, while everybody still believes in it (SIGSTOP). */
  freeze(hospital: string, kind: ProcessKind): Promise<void>;
  /** Lets a frozen process go on. */
  thaw(hospital: string, kind: ProcessKind): Promise<void>;
  /** The hospital whose orderer leads the others now, if one does. */
  ordererLeader(): Promise<string | undefined>;
  /** Stops a process and keeps it stopped. */
  stopProcess(hospital: string, kind: ProcessKind): Promise<void>;
  /** Starts a stopped process and waits until it is ready. */
  startProcess(hospital: string, kind: ProcessKind): Promise<void>;
  /** Waits until a process answers again. */
  ready(hospital: string, kind: ProcessKind): Promise<void>;
  /** Ends every process; data stays. */
  stop(): Promise<void>;
}

/** Brings a consortium up and returns it. */
export async function startConsortium(options: UpOptions): Promise<Consortium> {
  return holdConsortium(options.state, await up(options));
}

/** Takes a running consortium in hand. */
export function holdConsortium(state: string, profile: ConsortiumProfile): Consortium {
  const supervisor = new SupervisorClient(layoutState(state).supervisorSocket);
  const find = async (hospital: string, kind: ProcessKind) => {
    const name = processName(hospital, kind);
    const found = (await supervisor.list()).find(({ spec }) => spec.name === name);
    if (found === undefined) throw new GroundError('PROCESS_UNKNOWN', `There is no process ${name} here.`);
    return found;
  };
  const ready = async (hospital: string, kind: ProcessKind) => {
    await waitUntilReady((await find(hospital, kind)).spec, supervisor);
  };
  const kill = async (hospital: string, kind: ProcessKind, signal: NodeJS.Signals) => {
    const { pid } = await find(hospital, kind);
    if (pid === undefined)
      throw new GroundError('NOT_RUNNING', `${processName(hospital, kind)} does not run.`);
    process.kill(pid, signal);
  };
  return {
    profile,
    ready,
    kill,
    freeze: (hospital, kind) => kill(hospital, kind, 'SIGSTOP'),
    thaw: (hospital, kind) => kill(hospital, kind, 'SIGCONT'),
    ordererLeader: () => findLeader(profile.hospitals),
    status: () => consortiumStatus(state),
    stopProcess: (hospital, kind) => supervisor.act(processName(hospital, kind), 'stop'),
    startProcess: async (hospital, kind) => {
      await supervisor.act(processName(hospital, kind), 'start');
      await ready(hospital, kind);
    },
    stop: async () => {
      await down(state);
    },
  };
}
