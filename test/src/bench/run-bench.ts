// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { down, startConsortium, type ConsortiumProfile } from '@tutela/network';
import { Consortium } from '../support/consortium.js';
import { waitFor } from '../support/wait.js';
import { measureUnlock } from './custody-crypto.js';
import type { Figures } from './figures.js';
import { measureIdleGrowth } from './idle-growth.js';
import { measureLargeRecord } from './large-record.js';
import { describeMachine, NOT_MEASURED } from './machine.js';
import type { Plan, Section } from './plan.js';
import { measureRaces } from './races.js';
import { bundleWithRawPut } from './raw-bundle.js';
import { measureThroughput } from './throughput.js';
import { measureTransfer, type TransferFigures } from './transfer.js';
import { measureOnlineUnlock } from './unlock-online.js';
import { openWard, type Ward } from './ward.js';

/** Where and how a run goes. */
export interface BenchOptions {
  /** State folder of the consortium; what is there is thrown away first. */
  readonly state: string;
  readonly plan: Plan;
  /** Leaves the consortium running. */
  readonly keep: boolean;
  readonly onProgress: (line: string) => void;
}

type Measured = Omit<Figures, 'startedAt' | 'minutes' | 'machine' | 'parameters' | 'notMeasured'>;

/** Measures what the plan says; without sections that need one, no consortium is brought up. */
export async function runBench(options: BenchOptions): Promise<Figures> {
  const { plan, onProgress } = options;
  const started = Date.now();
  const machine = describeMachine();
  onProgress(`machine: ${JSON.stringify(machine)}`);
  onProgress(`parameters: ${JSON.stringify(plan)}`);
  const alone = plan.sections.includes('unlock') ? { unlock: await measureUnlock(plan.unlockRuns) } : {};
  const isAlone = plan.sections.every((section) => section === 'unlock');
  const { profile, ...online } = isAlone ? { profile: {} } : await onConsortium(options);
  return {
    startedAt: new Date(started).toISOString(),
    minutes: Math.round((Date.now() - started) / 6_000) / 10,
    machine: { ...machine, loadAfter: Math.round((loadavg()[0] ?? 0) * 100) / 100 },
    parameters: { ...plan, ...profile },
    notMeasured: NOT_MEASURED,
    ...alone,
    ...online,
  };
}

async function onConsortium(options: BenchOptions): Promise<Measured & Readonly<{ profile: object }>> {
  const { state, keep, onProgress } = options;
  await forget(state);
  const chaincodeFile = await bundleWithRawPut();
  const leaveSignals = endOnSignal(state);
  try {
    const { profile } = await startConsortium({ state, chaincodeFile, onProgress });
    const ward = await openWard(await Consortium.open(state));
    const measured = await measureSections(ward, options).finally(ward.close);
    if (!keep) await forget(state);
    return { ...measured, profile: parametersOf(profile) };
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

async function measureSections(ward: Ward, { plan, onProgress }: BenchOptions): Promise<Measured> {
  // Each name is measured once, in the plan's order; the large record comes first, while the gateways are fresh.
  const sections: Readonly<Record<Exclude<Section, 'unlock'>, () => Promise<Measured>>> = {
    memory: async () => ({ memory: await measureLargeRecord(ward, plan.largeBytes) }),
    transfers: async () => ({ transfers: await measureTransfers(ward, plan, onProgress) }),
    'unlock-online': async () => ({ unlockOnline: await measureOnlineUnlock(ward, plan.unlockOnlineRuns) }),
    grants: async () => ({ grants: await measureThroughput(ward, plan.throughput) }),
    races: async () => ({ races: await measureRaces(ward, plan.racedReads, onProgress) }),
    'idle-growth': async () => ({ idleGrowth: await measureIdleGrowth(ward, plan.idleMinutes, onProgress) }),
  };
  let measured: Measured = {};
  for (const section of plan.sections) {
    if (section === 'unlock') continue;
    onProgress(`measuring ${section}`);
    const figures = await sections[section]();
    onProgress(JSON.stringify(figures));
    measured = { ...measured, ...figures };
  }
  return measured;
}

async function measureTransfers(
  ward: Ward,
  { sizes }: Plan,
  onProgress: (line: string) => void,
): Promise<readonly TransferFigures[]> {
  const transfers: TransferFigures[] = [];
  for (const { bytes, runs } of sizes) {
    onProgress(`${runs} runs of ${bytes} bytes`);
    transfers.push(await measureTransfer(ward, bytes, runs));
  }
  return transfers;
}

function parametersOf({
  hospitals,
  chaincodeVersion,
  custodyThreshold,
  endorsements,
}: ConsortiumProfile): object {
  return { hospitals: hospitals.length, chaincodeVersion, custodyThreshold, endorsements };
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
