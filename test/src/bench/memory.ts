// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 50;

/** Resident memory of a process in MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kib ?? Number.NaN) / 1024;
}

/** Runs work and returns the most memory, in MiB, that each process had meanwhile above what it had before. */
export async function growthDuring(
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  const idle = pids.map(residentMib);
  const peak = [...idle];
  const watch = setInterval(() => {
    pids.forEach((pid, position) => {
      peak[position] = Math.max(peak[position] ?? 0, residentMib(pid));
    });
  }, INTERVAL_MS);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return peak.map((most, position) => Math.round(most - (idle[position] ?? 0)));
}
