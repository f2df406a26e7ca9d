// SPDX-License-Identifier: Apache-2.0
import type { ProcessKind } from '../plan/process-spec.js';
import { layoutState } from '../plan/layout.js';
import { lastReason } from '../process/last-reason.js';
import { probe } from '../process/readiness.js';
import type { SupervisedProcess } from '../process/supervisor.js';
import { SupervisorClient } from '../process/supervisor-client.js';

const probeTimeoutMs = 2_000;

/** The state of one process now. */
export interface ProcessStatus {
  readonly hospital: string;
  readonly kind: ProcessKind;
  readonly pid: number | null;
  readonly address: string;
  readonly health: 'ready' | 'not-ready' | 'waiting' | 'stopped';
  /** Why it is not ready, or empty. For a process that ended: how it ended, and the reason that it wrote. */
  readonly detail: string;
  readonly restarts: number;
}

/** Probes every process of a running consortium. @throws GroundError NOT_RUNNING when it is stopped, SUPERVISOR_UNREACHABLE when its supervisor was killed. */
export async function consortiumStatus(root: string): Promise<readonly ProcessStatus[]> {
  return Promise.all((await supervised(root)).map(statusOf));
}

/** As {@link consortiumStatus}, of one process alone; undefined when there is none such. */
export async function processStatus(
  root: string,
  { hospital, kind }: Pick<ProcessStatus, 'hospital' | 'kind'>,
): Promise<ProcessStatus | undefined> {
  const found = (await supervised(root)).find(({ spec }) => spec.hospital === hospital && spec.kind === kind);
  return found === undefined ? undefined : statusOf(found);
}

function supervised(root: string): Promise<readonly SupervisedProcess[]> {
  return new SupervisorClient(layoutState(root).supervisorSocket).list();
}

async function statusOf({ lastExit, pid, restarts, spec, state }: SupervisedProcess): Promise<ProcessStatus> {
  const { address, hospital, kind } = spec;
  const common = { hospital, kind, pid: pid ?? null, address, restarts };
  if (state === 'stopped') return { ...common, health: state, detail: lastExit ?? '' };
  if (state === 'waiting') {
    const reason = lastReason(spec.logFile);
    const known = [lastExit, reason].filter((part) => part !== undefined);
    return { ...common, health: state, detail: known.join(': ') };
  }
  const { detail, ready } = await probe(spec.readiness, probeTimeoutMs);
  return { ...common, health: ready ? 'ready' : 'not-ready', detail: ready ? '' : detail };
}
