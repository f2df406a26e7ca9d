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

const PARALLEL_GROUPS = 4;
const PARALLEL_LOOKS = 4;
const MAX_TOGETHER = 64;

/** What became of one of several removals; none fails because another does. */
export type RemovalOutcome = PromiseSettledResult<BlockRemoval>;

/**
 * Removes groups of blocks but for those that a pin of this node reaches under any identifier. Kubo keeps blocks by
 * multihash and compares pins by whole identifiers, so another codec in the identifier would take a pinned block away.
 * Without a complete list of what the pins reach, nothing is removed. Answers in the order of the groups.
 */
export async function removeUnreached(
  node: BlockNode,
  groups: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly RemovalOutcome[]> {
  const before = await settled(groups, (blocks) => presentAmong(node, blocks, signal));
  if (before.every((found) => found.status === 'rejected' || found.value.length === 0))
    return before.map((found) => (found.status === 'rejected' ? found : NOTHING));
  const reached = new Set((await node.pinnedClosure(signal)).map(multihashOf));
  return settled(before, async (found) => {
    if (found.status === 'rejected') throw found.reason;
    const loose = found.value.filter((block) => !reached.has(multihashOf(block)));
    if (loose.length > 0) await node.removeBlocks(loose, signal);
    const present = new Set(await presentAmong(node, found.value, signal));
    return {
      removed: found.value.filter((block) => !present.has(block)),
      present: found.value.filter((block) => present.has(block)),
    };
  });
}

const NOTHING: RemovalOutcome = { status: 'fulfilled', value: { removed: [], present: [] } };

interface Waiting {
  readonly blocks: readonly string[];
  readonly done: PromiseWithResolvers<BlockRemoval>;
}

/**
 * Removals of one node: those that come while one runs are carried out together after it, with one list of what the pins
 * reach. That list begins after each of them was asked for, so whoever took a pin off before asking finds it gone there.
 */
export class Removals {
  readonly #removeAll: (groups: readonly (readonly string[])[]) => Promise<readonly RemovalOutcome[]>;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(removeAll: (groups: readonly (readonly string[])[]) => Promise<readonly RemovalOutcome[]>) {
    this.#removeAll = removeAll;
  }

  /** As {@link removeUnreached}, for one group. */
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
      const outcomes = await this.#removeAll(together.map(({ blocks }) => blocks));
      together.forEach(({ done }, index) => {
        const outcome = outcomes[index];
        if (outcome?.status === 'fulfilled') done.resolve(outcome.value);
        else done.reject(outcome?.reason);
      });
    } catch (error) {
      for (const { done } of together) done.reject(error);
    }
  }
}

async function settled<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  return inPool(items, PARALLEL_GROUPS, async (item) => {
    const [outcome] = await Promise.allSettled([map(item)]);
    return outcome;
  });
}

async function presentAmong(
  node: BlockNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await inPool(blocks, PARALLEL_LOOKS, (block) => node.hasBlock(block, signal));
  return blocks.filter((_, index) => found[index] === true);
}
