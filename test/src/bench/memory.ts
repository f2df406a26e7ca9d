// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 50;

/** Resident memory of a process in MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kib ?? Number.NaN) / 1024;
}

/** Memory of one process before some work, and the most that it had meanwhile above that, in MiB. */
export interface MemoryGrowth {
  readonly idle: number;
  readonly growth: number;
}

/** Runs work and watches the memory of processes meanwhile. */
export async function growthDuring<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: number; readonly memory: readonly MemoryGrowth[] }> {
  const idle = pids.map(residentMib);
  const peak = [...idle];
  const watch = setInterval(() => {
    pids.forEach((pid, position) => {
      peak[position] = Math.max(peak[position] ?? 0, residentMib(pid));
    });
  }, INTERVAL_MS);
  const started = performance.now();
  try {
    const result = await work();
    const ms = Math.round(performance.now() - started);
    const memory = idle.map((before, position) => ({
      idle: Math.round(before),
      growth: Math.round((peak[position] ?? before) - before),
    }));
    return { result, ms, memory };
  } finally {
    clearInterval(watch);
  }
}
