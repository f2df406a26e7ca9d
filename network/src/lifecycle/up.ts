// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import { consortiumProfile, type ConsortiumProfile } from '../plan/profile.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { tryLock } from '../tools/lock.js';
import { resolveBinaries, type Binaries } from '../tools/resolve.js';
import { joinChannel } from './channel.js';
import { deployChaincode } from './chaincode.js';
import type { Bringing, OnProgress } from './context.js';
import { hospitals } from './context.js';
import { ensureCustody } from './custody.js';
import { enrolHospital } from './enrol.js';
import { writePrivate } from './files.js';
import { prepareCa } from './prepare-ca.js';
import { prepareDoors } from './prepare-doors.js';
import { prepareLedger } from './prepare-ledger.js';
import { prepareStorage } from './prepare-storage.js';
import { startKind } from './start-processes.js';
import { makeState, planInputs, releaseChaincode, shippedChaincode } from './state.js';
import { waitUntilJoined } from './storage-joined.js';
import { startSupervisor } from './supervisor-process.js';
import { checkOrdering } from './ordering.js';

/** The parts of a consortium that can be brought up without the later ones. */
export const consortiumParts = ['ledger', 'storage', 'doors'] as const;

export type ConsortiumPart = (typeof consortiumParts)[number];

/** What to bring up, and where. */
export interface UpOptions {
  /** The state folder, absolute. */
  readonly state: string;
  /** A topology file; the state's own, or three hospitals, when left out. */
  readonly topology?: string;
  readonly onProgress?: OnProgress;
  readonly parts?: readonly ConsortiumPart[];
  /** Another chaincode server than the one that ships with the product. */
  readonly chaincodeFile?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** One step of the bring-up; its title is shown to the person who waits. */
export interface UpStep {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** A bring-up in progress: its steps in order, and the profile once all have run. */
export interface UpPlan {
  readonly steps: readonly UpStep[];
  readonly profile: () => ConsortiumProfile;
}

/** Brings a consortium up, whatever was already done, and returns how to reach it. */
export async function up(options: UpOptions): Promise<ConsortiumProfile> {
  const plan = planUp(options);
  const onProgress = options.onProgress ?? (() => undefined);
  for (const step of plan.steps) {
    onProgress(step.title);
    await step.run();
  }
  return plan.profile();
}

/** Lays out the steps without running any. Each step looks at what is there and does only what is missing. */
export function planUp(options: UpOptions): UpPlan {
  const env = options.env ?? process.env;
  const parts = new Set<ConsortiumPart>(options.parts ?? consortiumParts);
  const onProgress = options.onProgress ?? (() => undefined);
  let binaries: Binaries | undefined;
  let bringing: Bringing | undefined;
  const held = (): Bringing => {
    if (bringing === undefined) throw new GroundError('STATE_DAMAGED', 'The steps were run out of order.');
    return bringing;
  };
  const always: readonly UpStep[] = [
    {
      title: 'Finding the programs',
      run: async () => {
        binaries = await resolveBinaries({ env, onProgress });
      },
    },
    {
      title: 'Opening the state folder',
      run: async () => {
        const state = await makeState(options.state, options.topology, env);
        checkOrdering(state.topology, binaries);
        const { bytes, release } = await releaseChaincode(options.chaincodeFile ?? shippedChaincode);
        await writePrivate(state.layout.packageFile, bytes);
        if (binaries === undefined) throw new GroundError('STATE_DAMAGED', 'The steps were run out of order.');
        const inputs = planInputs(state, binaries, release);
        await takeLock(state.layout.lockFile);
        await startSupervisor(state);
        bringing = { inputs, supervisor: new SupervisorClient(state.layout.supervisorSocket), onProgress, now: Date.now };
      },
    },
  ];
  const chosen = [
    ...(parts.has('ledger') ? ledgerSteps(held) : []),
    ...(parts.has('storage') ? storageSteps(held) : []),
    ...(parts.has('doors') ? doorSteps(held) : []),
  ];
  const last: UpStep = {
    title: 'Writing the connection profile',
    run: async () => {
      const { inputs } = held();
      await writePrivate(inputs.layout.profileFile, JSON.stringify(consortiumProfile(inputs), undefined, 2));
    },
  };
  const steps = [...always, ...chosen, last].map((step) => releasingOnFailure(step, step === last, () => bringing));
  return { steps, profile: () => consortiumProfile(held().inputs) };
}

function ledgerSteps(held: () => Bringing): readonly UpStep[] {
  return [
    {
      title: 'Starting the certificate authorities',
      run: async () => {
        for (const context of hospitals(held())) await prepareCa(context);
        await startKind(held(), 'ca');
      },
    },
    {
      title: 'Enrolling identities',
      run: async () => {
        await Promise.all(hospitals(held()).map((context) => enrolHospital(context, held().now())));
        await prepareLedger(held());
      },
    },
    {
      title: 'Starting orderers and peers',
      run: async () => {
        await Promise.all([startKind(held(), 'orderer'), startKind(held(), 'peer')]);
      },
    },
    { title: 'Joining the channel', run: () => joinChannel(held()) },
    {
      title: 'Committing the chaincode',
      run: async () => {
        await startKind(held(), 'chaincode');
        await deployChaincode(held());
      },
    },
  ];
}

function storageSteps(held: () => Bringing): readonly UpStep[] {
  return [
    {
      title: 'Starting the private IPFS cluster',
      run: async () => {
        const nodes = await prepareStorage(held());
        await startKind(held(), 'kubo');
        await startKind(held(), 'cluster');
        await waitUntilJoined(nodes);
      },
    },
  ];
}

function doorSteps(held: () => Bringing): readonly UpStep[] {
  return [
    {
      title: 'Starting the custodians',
      run: async () => {
        await prepareDoors(held());
        await startKind(held(), 'custodian');
      },
    },
    { title: 'Starting the gateways', run: () => startKind(held(), 'gateway') },
    { title: 'Dealing the consortium key', run: () => ensureCustody(held()) },
  ];
}

async function takeLock(file: string): Promise<void> {
  if ((await tryLock(file)) || (await tryLock(file))) return;
  throw new GroundError('STATE_BUSY', 'Another command is bringing this consortium up.', { advice: 'Wait until it has finished.' });
}

/** The lock goes when the last step has run or any step has failed. */
function releasingOnFailure(step: UpStep, isLast: boolean, bringing: () => Bringing | undefined): UpStep {
  const release = async () => {
    const lockFile = bringing()?.inputs.layout.lockFile;
    if (lockFile !== undefined) await rm(lockFile, { force: true });
  };
  return {
    title: step.title,
    run: async () => {
      try {
        await step.run();
      } catch (error) {
        await release();
        throw error;
      }
      if (isLast) await release();
    },
  };
}
