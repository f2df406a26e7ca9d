// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { GroundError } from '../errors.js';
import { hospitalContext, type HospitalContext, type PlanInputs } from '../plan/context.js';
import {
  openState,
  planInputs,
  releaseChaincode,
  shippedChaincode,
  stateDir,
  type OpenState,
} from '../lifecycle/state.js';
import type { Hospital } from '../topology/topology.js';
import { resolveBinaries } from '../tools/resolve.js';

/** The options that every command understands. */
export interface Globals {
  readonly state: string;
  readonly json: boolean;
}

/** Reads the options that every command understands. */
export function globals(command: Command): Globals {
  const { json, state } = command.optsWithGlobals<{ json?: boolean; state?: string }>();
  return { state: stateDir(state, process.env), json: json === true };
}

/** Opens the consortium that the command is about, with its whole plan. */
export async function openPlan(command: Command): Promise<PlanInputs> {
  const state = await openState(globals(command).state);
  const [binaries, { release }] = await Promise.all([
    resolveBinaries({ compile: false }),
    releaseChaincode(shippedChaincode),
  ]);
  return planInputs(state, binaries, release);
}

/** Places a hospital, by its id, in the plan. @throws GroundError USAGE that lists the ids there are. */
export function findHospital(inputs: PlanInputs, id: string): HospitalContext {
  return hospitalContext(inputs, knownHospital(inputs, id));
}

/** Finds a hospital by its id. @throws GroundError USAGE that lists the ids there are. */
export function knownHospital({ topology }: Pick<OpenState, 'topology'>, id: string): Hospital {
  const found = topology.hospitals.find((hospital) => hospital.id === id);
  if (found !== undefined) return found;
  const known = topology.hospitals.map((hospital) => hospital.id).join(', ');
  throw new GroundError('USAGE', `There is no hospital "${id}" here.`, {
    advice: `The hospitals are ${known}.`,
  });
}

/** Every hospital of this state, whose operator one is. */
export function allHospitals(inputs: PlanInputs): readonly HospitalContext[] {
  return inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
}

/** The first hospital, for commands that any hospital can answer. */
export function anyHospital(inputs: PlanInputs, id: string | undefined): HospitalContext {
  return findHospital(inputs, id ?? inputs.topology.hospitals[0]?.id ?? '');
}
