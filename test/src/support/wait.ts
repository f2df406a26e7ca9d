// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** What is waited for, as it appears in the error. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 200;

/** Asks until the answer is not undefined, and returns it; throws with the last failure when the deadline passes. */
export async function waitFor<T>(ask: () => Promise<T | undefined>, patience: Patience): Promise<T> {
  const { what, deadlineMs, intervalMs = DEFAULT_INTERVAL_MS } = patience;
  const until = performance.now() + deadlineMs;
  let cause: unknown;
  do {
    const answer = await ask().catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (answer !== undefined) return answer;
    await pause(intervalMs);
  } while (performance.now() < until);
  throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause });
}

/** As {@link waitFor}, for a condition. */
export async function waitUntil(isSo: () => Promise<boolean> | boolean, patience: Patience): Promise<void> {
  await waitFor(async () => ((await isSo()) ? true : undefined), patience);
}
