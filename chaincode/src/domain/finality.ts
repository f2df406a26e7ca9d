// SPDX-License-Identifier: Apache-2.0

/** How many custodians are in a set, and how many of them open a record; fewer than that many lie. */
export type SetSize = Readonly<{ members: number; threshold: number }>;

/**
 * How many of n must have shown one chain: more than (n + t − 1) / 2. Two such groups have t members in common, one of
 * whom is honest and shows one chain alone.
 */
export function witnessesNeeded({ members, threshold }: SetSize): number {
  return Math.floor((members + threshold - 1) / 2) + 1;
}

/** Whether one silent member keeps every block from becoming final for the others: t ≥ n − 1. */
export function oneStopsFinality(size: SetSize): boolean {
  return witnessesNeeded(size) > size.members - 1;
}
