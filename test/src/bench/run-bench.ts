// SPDX-License-Identifier: Apache-2.0
import { loadavg } from 'node:os';
import type { ConsortiumProfile } from '@tutela/network';
import { measureUnlock } from './custody-crypto.js';
import type { Figures } from './figures.js';
import { onFreshConsortium, type FreshConsortium } from './fresh-consortium.js';
import { measureIdleGrowth } from './idle-growth.js';
import { measureLargeRecord } from './large-record.js';
import { describeMachine, NOT_MEASURED } from './machine.js';
import type { Plan, Section } from './plan.js';
import { measureRaces } from './races.js';
import type { Sample } from './statistics.js';
import { measureThroughput } from './throughput.js';
import { measureTransfer, type TransferFigures } from './transfer.js';
import { measureOnlineUnlock } from './unlock-online.js';
import type { Ward } from './ward.js';

/** Where and how a run goes. */
export type BenchOptions = Omit<FreshConsortium, 'hospitals'> & Readonly<{ plan: Plan }>;

type Measured = Omit<Figures, 'startedAt' | 'minutes' | 'machine' | 'parameters' | 'notMeasured'>;
/** Sections that share one consortium of three hospitals. */
type Shared = Exclude<Section, 'unlock' | 'unlock-online'>;

/** Measures what the plan says; without sections that need one, no consortium is brought up. */
export async function runBench(options: BenchOptions): Promise<Figures> {
  const { plan, onProgress } = options;
  const started = Date.now();
  const machine = describeMachine();
  onProgress(`machine: ${JSON.stringify(machine)}`);
  onProgress(`parameters: ${JSON.stringify(plan)}`);
  const { sections } = plan;
  const alone = sections.includes('unlock') ? { unlock: await measureUnlock(plan.unlockRuns) } : {};
  const { profile, ...shared } = await onOneConsortium(options);
  const bySize = sections.includes('unlock-online') ? { unlockOnline: await unlockBySize(options) } : {};
  return {
    startedAt: new Date(started).toISOString(),
    minutes: Math.round((Date.now() - started) / 6_000) / 10,
    machine: { ...machine, loadAfter: Math.round((loadavg()[0] ?? 0) * 100) / 100 },
    parameters: { ...plan, ...profile },
    notMeasured: NOT_MEASURED,
    ...alone,
    ...shared,
    ...bySize,
  };
}

async function onOneConsortium(options: BenchOptions): Promise<Measured & Readonly<{ profile?: object }>> {
  const sections = options.plan.sections.filter(isShared);
  if (sections.length === 0) return {};
  return onFreshConsortium({ ...options, hospitals: 3 }, async (ward, profile) => ({
    ...(await measureSections(ward, sections, options)),
    profile: parametersOf(profile),
  }));
}

/** Each size on a consortium of its own, with all the processes that so many hospitals run. */
async function unlockBySize(options: BenchOptions): Promise<Readonly<Record<string, Sample>>> {
  const { runs, custodians } = options.plan.unlockOnline;
  const samples: Record<string, Sample> = {};
  for (const hospitals of custodians) {
    options.onProgress(`measuring unlock-online with ${hospitals} custodians`);
    samples[hospitals] = await onFreshConsortium({ ...options, hospitals }, (ward) =>
      measureOnlineUnlock(ward, runs),
    );
  }
  return samples;
}

async function measureSections(
  ward: Ward,
  asked: readonly Shared[],
  { plan, onProgress }: BenchOptions,
): Promise<Measured> {
  // Each is measured once, in the plan's order; the large record comes first, while the gateways are fresh.
  const sections: Readonly<Record<Shared, () => Promise<Measured>>> = {
    memory: async () => ({ memory: await measureLargeRecord(ward, plan.largeBytes) }),
    transfers: async () => ({ transfers: await measureTransfers(ward, plan, onProgress) }),
    grants: async () => ({ grants: await measureThroughput(ward, plan.throughput) }),
    races: async () => ({ races: await measureRaces(ward, plan.racedReads, onProgress) }),
    'idle-growth': async () => ({ idleGrowth: await measureIdleGrowth(ward, plan.idleMinutes, onProgress) }),
  };
  let measured: Measured = {};
  for (const section of asked) {
    onProgress(`measuring ${section}`);
    const figures = await sections[section]();
    onProgress(JSON.stringify(figures));
    measured = { ...measured, ...figures };
  }
  return measured;
}

function isShared(section: Section): section is Shared {
  return section !== 'unlock' && section !== 'unlock-online';
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
