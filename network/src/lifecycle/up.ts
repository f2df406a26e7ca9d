// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import type { PlanInputs } from '../plan/context.js';
import { layoutState } from '../plan/layout.js';
import { consortiumProfile, type ConsortiumProfile } from '../plan/profile.js';
import type { NewHospital } from '../topology/extend.js';
import type { Bringing, OnProgress } from './context.js';
import { writePrivate } from './files.js';
import { openForUp } from './open-for-up.js';
import { doorSteps, knownStep, ledgerSteps, storageSteps, type Door, type UpStep } from './up-steps.js';

export type { UpStep } from './up-steps.js';

/** The parts of a consortium that can be brought up without the later ones. */
export const consortiumParts = ['ledger', 'storage', 'custodians', 'gateways'] as const;

export type ConsortiumPart = (typeof consortiumParts)[number];

/** What to bring up, and where. */
export interface UpOptions {
  /** The state folder, absolute. */
  readonly state: string;
  /** A topology file; the state's own, or three hospitals, when left out. */
  readonly topology?: string;
  /** A hospital that joins the consortium of the state, which then has it for good. */
  readonly joining?: NewHospital;
  readonly onProgress?: OnProgress;
  readonly parts?: readonly ConsortiumPart[];
  /** Another chaincode server than the one that ships with the product. */
  readonly chaincodeFile?: string;
  /** Something else, such as a container engine, runs the processes. */
  readonly external?: boolean;
  /** Network namespaces in which hospitals' processes run, by hospital; see {@link PlanInputs}. */
  readonly networkNamespaces?: PlanInputs['networkNamespaces'];
  readonly env?: NodeJS.ProcessEnv;
}

/** A bring-up in progress: its steps in order, and the profile once all have run. */
export interface UpPlan {
  readonly steps: readonly UpStep[];
  readonly profile: () => ConsortiumProfile;
}

/** Brings a consortium up, whatever was already done, and returns how to reach it. */
export async function up(options: UpOptions): Promise<ConsortiumProfile> {
  const plan = planUp(options);
  for (const step of plan.steps) {
    options.onProgress?.(step.title);
    await step.run();
  }
  return plan.profile();
}

/** Lays out the steps without running any. Each step looks at what is there and does only what is missing. */
export function planUp(options: UpOptions): UpPlan {
  const parts = new Set<ConsortiumPart>(options.parts ?? consortiumParts);
  let bringing: Bringing | undefined;
  const held = (): Bringing => {
    if (bringing === undefined) throw new GroundError('STATE_DAMAGED', 'The steps were run out of order.');
    return bringing;
  };
  const storage = storageSteps(held);
  const doors: readonly Door[] = [
    ...(parts.has('custodians') ? (['custodian'] as const) : []),
    ...(parts.has('gateways') ? (['gateway'] as const) : []),
  ];
  const open: UpStep = {
    title: 'Finding the programs and opening the state folder',
    run: async () => {
      bringing = await openForUp(options);
      // The IPFS nodes need seconds to find one another, which the ledger's start can use.
      if (parts.has('storage')) storage.begin();
    },
  };
  const close: UpStep = {
    title: 'Writing the connection profile',
    run: async () => {
      const { inputs } = held();
      await writePrivate(inputs.layout.profileFile, JSON.stringify(consortiumProfile(inputs), undefined, 2));
      await rm(inputs.layout.lockFile, { force: true });
    },
  };
  const steps = [
    open,
    ...(parts.has('ledger') ? ledgerSteps(held) : []),
    ...(parts.has('storage') ? storage.steps : []),
    ...doorSteps(held, doors),
    ...(options.joining !== undefined && doors.length === 2 ? [knownStep(held, options.joining.id)] : []),
    close,
  ];
  const release = async () => {
    if (bringing !== undefined) await rm(layoutState(options.state).lockFile, { force: true });
  };
  return {
    steps: steps.map((step) => afterFailure(step, release)),
    profile: () => consortiumProfile(held().inputs),
  };
}

/** A failed step ends the bring-up, so it also lets go of the state folder. */
function afterFailure(step: UpStep, release: () => Promise<void>): UpStep {
  return {
    title: step.title,
    run: async () => {
      try {
        await step.run();
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}
