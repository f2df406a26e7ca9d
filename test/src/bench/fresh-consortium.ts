// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { down, startConsortium, type ConsortiumProfile } from '@tutela/network';
import { Consortium } from '../support/consortium.js';
import { repositoryDir } from '../support/repository.js';
import { waitFor } from '../support/wait.js';
import { bundleWithRawPut } from './raw-bundle.js';
import { openWard, type Ward } from './ward.js';

/** Sizes for which the product ships a topology. */
export type HospitalCount = 3 | 5 | 7;

const TOPOLOGIES: Readonly<Record<HospitalCount, string>> = {
  3: 'three-hospitals.yaml',
  5: 'five-hospitals.yaml',
  7: 'seven-hospitals.yaml',
};

/** What a measurement is made on. */
export interface FreshConsortium {
  /** State folder; what is there is thrown away first, and afterwards unless the work fails. */
  readonly state: string;
  readonly hospitals: HospitalCount;
  /** Leaves the consortium running. */
  readonly keep: boolean;
  readonly onProgress: (line: string) => void;
}

/** Brings a consortium up for some work, with the raw contract beside the product's, and ends it whatever happens. */
export async function onFreshConsortium<T>(
  { state, hospitals, keep, onProgress }: FreshConsortium,
  work: (ward: Ward, profile: ConsortiumProfile) => Promise<T>,
): Promise<T> {
  await forget(state);
  const chaincodeFile = await bundleWithRawPut();
  const topology = join(repositoryDir, 'network', 'topologies', TOPOLOGIES[hospitals]);
  const leaveSignals = endOnSignal(state);
  try {
    const { profile } = await startConsortium({ state, topology, chaincodeFile, onProgress });
    const ward = await openWard(await Consortium.open(state));
    const measured = await work(ward, profile).finally(ward.close);
    if (!keep) await forget(state);
    return measured;
  } catch (error) {
    // What is left on the disk may tell why.
    if (!keep) await end(state);
    throw error;
  } finally {
    leaveSignals();
  }
}

/** Ends a consortium and deletes everything of it. */
async function forget(state: string): Promise<void> {
  await end(state);
  await rm(state, { recursive: true, force: true });
}

/** Ends every process; a supervisor that goes before it has answered is asked again, and is gone then. */
async function end(state: string): Promise<void> {
  const ended = async () => {
    await down(state);
    return true;
  };
  await waitFor(ended, { what: 'the consortium to end', deadlineMs: 60_000 });
}

/** Takes the consortium down when this program is asked to end; returns how to leave that off. */
function endOnSignal(state: string): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const leave = () => process.exit(130);
  const onSignal = (): void => {
    end(state).then(leave, leave);
  };
  for (const signal of signals) process.once(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
