// SPDX-License-Identifier: Apache-2.0
import { multihashOf } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import { inPool } from './policy/batches.js';

/** Blocks that went, and those that lay here before and still do. */
export interface BlockRemoval {
  readonly removed: readonly string[];
  readonly present: readonly string[];
}

/** What a removal needs of this hospital's Kubo node. */
export type BlockNode = Pick<KuboNode, 'hasBlock' | 'pinnedClosure' | 'removeBlocks'>;

const PARALLEL_LOOKS = 16;
/** Kubo takes the blocks that are to go in one line of a request. */
const MAX_TOGETHER = 64;

/**
 * Removes blocks but for those that a pin of this node reaches under any identifier. Kubo keeps blocks by multihash and
 * compares pins by whole identifiers, so another codec in the identifier would take a pinned block away. Without a
 * complete list of what the pins reach, nothing is removed.
 */
export async function removeUnreached(
  node: BlockNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<BlockRemoval> {
  const before = await presentAmong(node, blocks, signal);
  if (before.length === 0) return { removed: [], present: [] };
  const reached = new Set((await node.pinnedClosure(signal)).map(multihashOf));
  const loose = before.filter((block) => !reached.has(multihashOf(block)));
  if (loose.length > 0) await node.removeBlocks(loose, signal);
  const present = await presentAmong(node, before, signal);
  return { removed: before.filter((block) => !present.includes(block)), present };
}

interface Waiting {
  readonly blocks: readonly string[];
  readonly done: PromiseWithResolvers<BlockRemoval>;
}

/**
 * Removals of one node: those that come while one runs are carried out together after it, with one list of what the pins
 * reach. That list begins after each of them was asked for, so whoever took a pin off before asking finds it gone there.
 */
export class Removals {
  readonly #removeAll: (blocks: readonly string[]) => Promise<BlockRemoval>;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(removeAll: (blocks: readonly string[]) => Promise<BlockRemoval>) {
    this.#removeAll = removeAll;
  }

  /** As {@link removeUnreached}. */
  remove(blocks: readonly string[]): Promise<BlockRemoval> {
    const done = Promise.withResolvers<BlockRemoval>();
    this.#waiting.push({ blocks, done });
    if (!this.#isRunning) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#carryOut(this.#waiting.splice(0, MAX_TOGETHER));
    this.#isRunning = false;
  }

  async #carryOut(together: readonly Waiting[]): Promise<void> {
    try {
      const all = await this.#removeAll([...new Set(together.flatMap(({ blocks }) => blocks))]);
      const [removed, present] = [new Set(all.removed), new Set(all.present)];
      for (const { blocks, done } of together)
        done.resolve({
          removed: blocks.filter((block) => removed.has(block)),
          present: blocks.filter((block) => present.has(block)),
        });
    } catch (error) {
      for (const { done } of together) done.reject(error);
    }
  }
}

async function presentAmong(
  node: BlockNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await inPool(blocks, PARALLEL_LOOKS, (block) => node.hasBlock(block, signal));
  return blocks.filter((_, index) => found[index] === true);
}
