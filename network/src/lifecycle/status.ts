// SPDX-License-Identifier: Apache-2.0
import type { ProcessKind } from '../plan/process-spec.js';
import { layoutState } from '../plan/layout.js';
import { probe } from '../process/readiness.js';
import { SupervisorClient } from '../process/supervisor-client.js';

const probeTimeoutMs = 2_000;

/** How one process does now. */
export interface ProcessStatus {
  readonly hospital: string;
  readonly kind: ProcessKind;
  readonly pid: number | null;
  readonly address: string;
  readonly health: 'ready' | 'not-ready' | 'waiting' | 'stopped';
  /** Why it is not ready, or empty. */
  readonly detail: string;
  readonly restarts: number;
}

/** Asks every process of a running consortium how it does. @throws GroundError SUPERVISOR_UNREACHABLE when none runs. */
export async function consortiumStatus(root: string): Promise<readonly ProcessStatus[]> {
  const processes = await new SupervisorClient(layoutState(root).supervisorSocket).list();
  return Promise.all(
    processes.map(async ({ lastExit, pid, restarts, spec, state }) => {
      const common = {
        hospital: spec.hospital,
        kind: spec.kind,
        pid: pid ?? null,
        address: spec.address,
        restarts,
      };
      if (state !== 'running') return { ...common, health: state, detail: lastExit ?? '' };
      const { detail, ready } = await probe(spec.readiness, probeTimeoutMs);
      return {
        ...common,
        health: ready ? ('ready' as const) : ('not-ready' as const),
        detail: ready ? '' : detail,
      };
    }),
  );
}
