// SPDX-License-Identifier: Apache-2.0
import type { MspId } from '@tutela/chaincode/domain';
import type { KeepLimits, WishedPart } from '@tutela/ipfs-cluster';

/** `blockName` is the same for two CIDs of one block, whichever codec they name. */
export { blockName, inBatches, inPool, type WishedPart } from '@tutela/ipfs-cluster';

/** Largest part that is stored, in bytes. */
export const MAX_PART_BYTES = 4 * 1024 * 1024;

/** A stored piece of ciphertext. */
export type StoredPart = Readonly<{ cid: string; size: number; blocks: readonly string[] }>;

/**
 * What this hospital's node pins, what its own pinset names, and blocks here that no pin of the node reaches: these in
 * pieces and once, for there may be more of them than fit in memory.
 */
export type Holdings = Readonly<{
  held: readonly string[];
  entered: readonly string[];
  orphans: AsyncIterable<readonly string[]>;
}>;

/**
 * Whether a part is gone from the own node, and which of its blocks went just now. It is released once its own pin and
 * entry are gone, and another pin keeps whatever is left of its blocks.
 */
export type Removed = Readonly<{ gone: boolean; released: boolean; removed: readonly string[] }>;

/** What a healing of this hospital's blocks found; nothing is lost or healed where all of the part's own blocks are good. */
export type Healing = Readonly<{ healed: number; lost: number }>;

/** What a run of repair at the own node found and did; `failures` are codes of steps that are tried again. */
export type OwnRepair = Readonly<{ wished: number; steps: number; failures: readonly string[] }>;

/** As {@link OwnRepair}, of a run that asks the other hospitals; with the parts that too few of them hold. */
export type OthersRepair = Readonly<{
  steps: number;
  failures: readonly string[];
  underReplicated: readonly string[];
}>;

/** This hospital, and whether a part is still to be kept, asked just before anything is done for it. */
export type Keeping = Readonly<{ own: MspId; isWished: (cid: string) => boolean }>;

/**
 * Draws at most so many of the parts that are to be kept, each with the hospitals that registered what names it: so many in
 * each call that every part has its turn; and all hospitals of the consortium. `found` is called as soon as the others can
 * be asked about what was drawn.
 */
export type Wished = Keeping &
  Readonly<{
    draw: (most: number) => Promise<readonly WishedPart[]>;
    members: readonly MspId[];
    found: () => void;
  }>;

/** Whether a part may be kept, by its blocks as far as they are known, the first one first. */
export type Accepts = KeepLimits['accepts'];

/** The private swarm: ciphertext only. Errors are STORAGE_UNAVAILABLE, TOO_LARGE and, for bad bytes, CONTENT_CORRUPT. */
export interface Storage {
  /** Adds a part and pins it at the own node. */
  add(bytes: Uint8Array, signal?: AbortSignal): Promise<StoredPart>;
  /**
   * Enters a part in the own pinset, and begins to have as many hospitals hold it as the policy requires; idempotent. As in
   * `hold`, nothing is kept here that is not accepted.
   */
  pin(cid: string, accepts: Accepts, signal?: AbortSignal): Promise<void>;
  /** Waits until enough hospitals hold each part, and answers the least number that do. */
  replicated(cids: readonly string[], accepts: Accepts, signal?: AbortSignal): Promise<number>;
  /**
   * Reads a whole part of known size, verified against its CID; NOT_FOUND when no reachable hospital offers good bytes in
   * time, which is `patienceMs` or the storage's own.
   */
  get(cid: string, size: number, signal?: AbortSignal, patienceMs?: number): Promise<Uint8Array>;
  /**
   * Keeps a part at the own node; NOT_FOUND when no hospital offers it in time. `accepts` is called with its blocks before
   * they are fetched, and just before they are kept, while no removal goes on: ERASED where it returns false. `stays` says at
   * the end whether blocks that came stay although the part is not kept: they do if it is absent.
   */
  hold(cid: string, accepts: Accepts, signal?: AbortSignal, stays?: () => boolean): Promise<void>;
  /** Whether the own node keeps a part, and has its first block and another one, drawn by chance; fetches nothing. */
  holds(cid: string, signal?: AbortSignal): Promise<boolean>;
  /** A part's blocks as far as the own node knows them; fetches nothing. */
  blocksHere(cid: string, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * All blocks of a part: as the own node knows them, or as the first one says that another hospital sends within
   * `patienceMs`, and that does not stay; null where none sends it.
   */
  blocksOf(cid: string, patienceMs: number, signal?: AbortSignal): Promise<readonly string[] | null>;
  /**
   * Removes a part from the own node: its entry, its pin, the named blocks and those it links to, and nothing else. Other
   * pins that reach one of them keep it, but those that are not spared are taken off too. `found` is called with the blocks
   * that lie here before the first goes: a removal may end by an error after that.
   */
  remove(
    cid: string,
    blocks: readonly string[],
    options?: Readonly<{
      spares?: (pin: string) => boolean;
      found?: (here: readonly string[]) => void;
      signal?: AbortSignal | undefined;
    }>,
  ): Promise<Removed>;
  holdings(signal?: AbortSignal): Promise<Holdings>;
  /** Removes the named blocks from the own node, but for those that a pin reaches; answers those that went. */
  removeBlocks(blocks: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Checks a part's blocks at the own node; where one is bad all are checked, and replaced from other hospitals. */
  heal(cid: string, signal?: AbortSignal): Promise<Healing>;
  /** Holds the drawn parts that belong here; asks no other hospital's custodian, and takes nothing away. */
  reconcile(wished: Wished, signal?: AbortSignal): Promise<OwnRepair>;
  /** Has other hospitals hold copies of what is held here, of the parts that were drawn since the last call. */
  askOthers(keeping: Keeping, signal?: AbortSignal): Promise<OthersRepair>;
  /** Whether the own nodes answer. */
  isReachable(): Promise<boolean>;
}
