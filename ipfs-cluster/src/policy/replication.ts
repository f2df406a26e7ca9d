// SPDX-License-Identifier: Apache-2.0

/** At how many hospitals each part is held, and after how many an upload goes on. */
export interface Replication {
  readonly min: number;
  readonly max: number;
}

const WANTED_MIN = 2;
const WANTED_MAX = 3;

/** The replication of a consortium of n hospitals: at least two, at most three, never more than there are. */
export function replicationFor(hospitals: number): Replication {
  return { min: Math.min(WANTED_MIN, hospitals), max: Math.min(WANTED_MAX, hospitals) };
}
