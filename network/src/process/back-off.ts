// SPDX-License-Identifier: Apache-2.0

const firstDelayMs = 500;
const longestDelayMs = 30_000;
const stableAfterMs = 60_000;

/** How long to wait before a process is started again: it doubles until the process has stayed up for a minute. */
export class BackOff {
  #failures = 0;

  /** Returns the delay in milliseconds after a run of the given length. */
  next(ranMs: number): number {
    if (ranMs >= stableAfterMs) this.#failures = 0;
    const delayMs = Math.min(firstDelayMs * 2 ** this.#failures, longestDelayMs);
    this.#failures += 1;
    return delayMs;
  }
}
