// SPDX-License-Identifier: Apache-2.0
import type { UnlockFigures } from './custody-crypto.js';
import type { IdleGrowthFigures } from './idle-growth.js';
import type { LargeRecordFigures } from './large-record.js';
import type { RaceFigures } from './races.js';
import { round, type Ratio, type Sample } from './statistics.js';
import type { ThroughputFigures } from './throughput.js';
import type { TransferFigures } from './transfer.js';

const MIB = 1024 * 1024;

/** Everything that one run measured; a section that was not asked for is absent. */
export interface Figures {
  readonly startedAt: string;
  readonly minutes: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly notMeasured: readonly string[];
  readonly unlock?: UnlockFigures;
  readonly memory?: LargeRecordFigures;
  readonly transfers?: readonly TransferFigures[];
  /** From a committed intent to the content, by the number of custodians. */
  readonly unlockOnline?: Readonly<Record<string, Sample>>;
  readonly grants?: ThroughputFigures;
  readonly races?: RaceFigures;
  readonly idleGrowth?: IdleGrowthFigures;
}

/** The one line that machines read: the promised figures by their names, each with its 95 % interval where it is a ratio. */
export function headline(figures: Figures): Readonly<Record<string, unknown>> {
  const oneMib = figures.transfers?.find(({ bytes }) => bytes === MIB);
  return {
    ...ratio('store1MbRatio', oneMib?.storeRatio),
    ...ratio('open1MbRatio', oneMib?.openRatio),
    ...memory(figures),
    ...ratio('grantTpsRatio', figures.grants?.ratio),
    ...(figures.grants && { grantTps: figures.grants.grantTps.p50, rawPutTps: figures.grants.rawPutTps.p50 }),
    ...(figures.races && { staleOpens: figures.races.stale, racedReads: figures.races.reads }),
    ...unlock(figures),
    ...(figures.unlockOnline?.['3'] && { unlockOnlineP50Ms: figures.unlockOnline['3'].p50 }),
    ...(figures.idleGrowth && { idleGrowthMbPerDay: figures.idleGrowth.mbPerHospitalAndDay }),
  };
}

/** Whether something was seen that must never be. */
export function isBroken({ races }: Figures): boolean {
  return races !== undefined && races.stale + races.releasedAfterHold > 0;
}

function ratio(name: string, measured: Ratio | undefined): Readonly<Record<string, unknown>> {
  if (measured === undefined) return {};
  return { [name]: measured.value, [`${name}Interval`]: [measured.low, measured.high] };
}

function memory({ memory: measured }: Figures): Readonly<Record<string, unknown>> {
  if (measured === undefined) return {};
  const { storing, opening, client } = measured.growthMib;
  return { memoryGrowth1GbMb: Math.max(storing, opening, client), memoryMeasuredAtBytes: measured.bytes };
}

function unlock({ unlock: measured }: Figures): Readonly<Record<string, unknown>> {
  if (measured === undefined) return {};
  const [threshold, fame] = [measured.threshold['3'], measured.fame['10']];
  return {
    unlockToFame10Ratio: round((threshold?.p50 ?? Number.NaN) / (fame?.p50 ?? Number.NaN)),
    releasesPerSecond: measured.releasesPerSecond,
  };
}
