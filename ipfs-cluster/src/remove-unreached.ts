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

async function presentAmong(
  node: BlockNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await inPool(blocks, PARALLEL_LOOKS, (block) => node.hasBlock(block, signal));
  return blocks.filter((_, index) => found[index] === true);
}
