// SPDX-License-Identifier: Apache-2.0
import { hospitalContext, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { processesOfKind } from '../plan/plan.js';
import type { ProcessKind, ProcessSpec } from '../plan/process-spec.js';
import type { ProcessRunner } from '../process/process-runner.js';

/** Receives one plain line about what is being done. */
export type OnProgress = (line: string) => void;

/** Everything that a step of the bring-up needs. */
export interface Bringing {
  readonly inputs: PlanInputs;
  readonly runner: ProcessRunner;
  readonly onProgress: OnProgress;
  readonly now: () => number;
}

/** The hospitals of the consortium, placed in the plan. */
export function hospitals({ inputs }: { readonly inputs: PlanInputs }): readonly HospitalContext[] {
  return inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
}

/** The processes of one kind. */
export function specs({ inputs }: Bringing, kind: ProcessKind): readonly ProcessSpec[] {
  return processesOfKind(inputs, kind);
}
