// SPDX-License-Identifier: Apache-2.0
import type { FakeState } from './fake-state.js';

/** A range that a simulation walked, and what it found there. */
export type RangeRead = Readonly<{ from: string; until: string; found: string }>;

/** What one simulation read and wrote. */
export type ReadWriteSet = Readonly<{
  reads: Map<string, number | undefined>;
  ranges: RangeRead[];
  writes: Map<string, Uint8Array | undefined>;
  privateReads: Map<string, number | undefined>;
  privateWrites: Map<string, Uint8Array | undefined>;
}>;

/** An empty set, to be filled by a simulation. */
export function emptyReadWriteSet(): ReadWriteSet {
  return {
    reads: new Map(),
    ranges: [],
    writes: new Map(),
    privateReads: new Map(),
    privateWrites: new Map(),
  };
}

/** Why a transaction is invalid at commit, in Fabric's words; undefined when what it read still holds. */
export function conflictOf(
  { reads, ranges, privateReads }: ReadWriteSet,
  state: FakeState,
  vault: FakeState,
): 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' | undefined {
  const stale =
    [...reads].some(([key, version]) => state.get(key)?.version !== version) ||
    [...privateReads].some(([key, version]) => vault.get(key)?.version !== version);
  if (stale) return 'MVCC_READ_CONFLICT';
  const phantom = ranges.some(({ from, until, found }) => foundIn(state, from, until) !== found);
  return phantom ? 'PHANTOM_READ_CONFLICT' : undefined;
}

/** Keys and versions of a range as one text, to be compared at commit. */
export function foundIn(state: FakeState, from: string, until: string): string {
  return JSON.stringify(state.range(from, until).map(([key, { version }]) => [key, version]));
}
