// SPDX-License-Identifier: Apache-2.0
import { seededNumbers } from '../support/seed.js';

const RESAMPLINGS = 1_000;
const RESAMPLING_SEED = 1;

/** Values of repeated runs of one thing, mostly times in milliseconds; `iqr` is the width of their middle half. */
export interface Sample {
  readonly runs: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
  readonly iqr: number;
}

/** A ratio of medians and the middle 95 % of what it is when its runs are drawn again (bootstrap). */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One run of a thing and of what it is compared with, measured side by side; the compared times are added up. */
export interface PairedRun {
  readonly of: number;
  readonly over: readonly number[];
}

/** Value below which a share of a sorted list lies (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle value of a list in any order. */
export function median(values: readonly number[]): number {
  return percentile(ascending(values), 0.5);
}

/** Summary of measured values. */
export function summarize(values: readonly number[]): Sample {
  const sorted = ascending(values);
  const mean = sorted.reduce((total, value) => total + value, 0) / sorted.length;
  return {
    runs: sorted.length,
    p50: round(percentile(sorted, 0.5)),
    p95: round(percentile(sorted, 0.95)),
    p99: round(percentile(sorted, 0.99)),
    mean: round(mean),
    iqr: round(percentile(sorted, 0.75) - percentile(sorted, 0.25)),
  };
}

/** The median of one thing over the sum of the medians of others, with its uncertainty. */
export function ratioOfMedians(runs: readonly PairedRun[]): Ratio {
  const random = seededNumbers(RESAMPLING_SEED);
  const drawn = Array.from({ length: RESAMPLINGS }, () =>
    plainRatio(runs.map((run) => runs[Math.floor(random() * runs.length)] ?? run)),
  );
  const sorted = ascending(drawn);
  return {
    value: round(plainRatio(runs)),
    low: round(percentile(sorted, 0.025)),
    high: round(percentile(sorted, 0.975)),
  };
}

function plainRatio(runs: readonly PairedRun[]): number {
  const compared = runs[0]?.over.length ?? 0;
  const below = Array.from({ length: compared }, (_, position) =>
    median(runs.map(({ over }) => over[position] ?? Number.NaN)),
  );
  return median(runs.map((run) => run.of)) / below.reduce((total, value) => total + value, 0);
}

/** Milliseconds that one call takes. */
export async function timed(call: () => unknown): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** Runs a call again and again after a few unmeasured warm-up runs; times in milliseconds. */
export async function measure(
  runs: number,
  call: (run: number) => unknown,
  warmUp: number = Math.ceil(runs / 10),
): Promise<readonly number[]> {
  for (let run = 0; run < warmUp; run += 1) await call(-1 - run);
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await timed(() => call(run)));
  return times;
}

/** Times of several calls by their names, which take turns run by run after a tenth of the runs as warm-up. */
export async function measureInTurns(
  runs: number,
  calls: Readonly<Record<string, () => unknown>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const times = Object.fromEntries(Object.keys(calls).map((name) => [name, [] as number[]]));
  for (let run = -Math.ceil(runs / 10); run < runs; run += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const ms = await timed(call);
      if (run >= 0) times[name]?.push(ms);
    }
  }
  return times;
}

/** A number with four significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}

function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}
