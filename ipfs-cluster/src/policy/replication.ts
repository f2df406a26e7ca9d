// SPDX-License-Identifier: Apache-2.0

/** After how many copies an upload goes on: at the own hospital, and at another one that says that it holds the part. */
export const MIN_COPIES = 2;

/** Copies at three hospitals survive the loss of two, also where two hospitals open a record. */
const LEAST_COPIES = 3;

/**
 * At how many hospitals each part is held where so many open a record: beside the own one, at so many others that one of
 * them is honest. Where there are fewer hospitals, at all.
 */
export function copiesFor(threshold: number): number {
  return Math.max(LEAST_COPIES, threshold + 1);
}
