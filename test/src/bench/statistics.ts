// SPDX-License-Identifier: Apache-2.0

/** Times of repeated runs of one thing, in milliseconds. */
export interface Sample {
  readonly runs: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
}

/** Value below which a share of a sorted list lies (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Summary of measured times. */
export function summarize(timesMs: readonly number[]): Sample {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const mean = sorted.reduce((total, time) => total + time, 0) / sorted.length;
  return {
    runs: sorted.length,
    p50: round(percentile(sorted, 0.5)),
    p95: round(percentile(sorted, 0.95)),
    p99: round(percentile(sorted, 0.99)),
    mean: round(mean),
  };
}

/** Milliseconds that one call takes. */
export async function timed(call: () => unknown): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** Runs a call again and again after a few unmeasured warm-up runs. */
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

/** A number with four significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
