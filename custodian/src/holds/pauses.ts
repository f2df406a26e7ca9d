// SPDX-License-Identifier: Apache-2.0

/** After so long without a commit, in milliseconds, the statement counts as censored. */
export const CENSORSHIP_ALARM_MS = 24 * 3_600_000;
/** Between the first two tries. */
export const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Between two tries once the alarm was raised: the hold is in force, and trying sooner only costs everybody. */
const LONGEST_PAUSE_AFTER_ALARM_MS = 4 * 3_600_000;

/** The pause after a pause, for a hold that has been waiting for the ledger so long. */
export function nextPauseMs(pauseMs: number, waitingMs: number): number {
  const isOverdue = waitingMs >= CENSORSHIP_ALARM_MS;
  return Math.min(pauseMs * 2, isOverdue ? LONGEST_PAUSE_AFTER_ALARM_MS : LONGEST_PAUSE_MS);
}
