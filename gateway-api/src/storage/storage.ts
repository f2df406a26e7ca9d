// SPDX-License-Identifier: Apache-2.0

/** Largest part that is stored, in bytes. */
export const MAX_PART_BYTES = 4 * 1024 * 1024;

/** A stored piece of ciphertext. */
export type StoredPart = Readonly<{ cid: string; size: number; blocks: readonly string[] }>;

/** A pin of the whole cluster; `pinnedAtMs` is by the clock of the hospital that made it. */
export type Pin = Readonly<{ cid: string; hospitals: number; pinnedAtMs: number }>;

/** What a healing of this hospital's blocks found. */
export type Healing = Readonly<{ healed: number; lost: number }>;

/** What bringing the pins to the wished state found and did; `failures` are codes of steps that are tried again. */
export type StorageReport = Readonly<{
  wished: number;
  steps: number;
  failures: readonly string[];
  underReplicated: readonly string[];
  unwished: readonly string[];
  orphans: number;
}>;

/** The private swarm: ciphertext only. Errors are STORAGE_UNAVAILABLE, TOO_LARGE and, for bad bytes, CONTENT_CORRUPT. */
export interface Storage {
  /** Adds a part; take a {@link Storage.duringUpload} lease first. */
  add(bytes: Uint8Array, signal?: AbortSignal): Promise<StoredPart>;
  /** Asks the cluster to hold a part at as many hospitals as policy wishes; idempotent. */
  pin(cid: string, signal?: AbortSignal): Promise<void>;
  /** Waits until enough hospitals hold each part, and answers the least number that do. */
  replicated(cids: readonly string[], signal?: AbortSignal): Promise<number>;
  /**
   * Reads a whole part of known size, verified against its CID; NOT_FOUND when no reachable hospital offers good bytes in
   * time, which is `patienceMs` or the storage's own.
   */
  get(cid: string, size: number, signal?: AbortSignal, patienceMs?: number): Promise<Uint8Array>;
  /** Takes the cluster's pin away; what is not pinned is no error. */
  unpin(cid: string, signal?: AbortSignal): Promise<void>;
  /** Removes an unpinned part's blocks from the own node and says whether they are gone. */
  remove(cid: string, blocks: readonly string[], signal?: AbortSignal): Promise<boolean>;
  /** Every pin of the cluster. */
  pins(signal?: AbortSignal): Promise<readonly Pin[]>;
  /** Drops pins of the own node that the cluster no longer has, removes blocks that no pin reaches, and names these. */
  sweep(signal?: AbortSignal): Promise<readonly string[]>;
  /** Checks the own node's blocks and replaces bad ones from other hospitals. */
  heal(signal?: AbortSignal): Promise<Healing>;
  /** Brings every wished part to the wished number of hospitals, and withdraws old pins that nobody wishes. */
  reconcile(wished: AsyncIterable<string>, signal?: AbortSignal): Promise<StorageReport>;
  /** Runs an upload while collection is kept away. */
  duringUpload<T>(upload: () => Promise<T>): Promise<T>;
  /** Whether the own nodes answer. */
  isReachable(): Promise<boolean>;
}
