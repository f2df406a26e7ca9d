// SPDX-License-Identifier: Apache-2.0
import { limited, limitedEach, type Limited } from './limited.js';
import { inBatches } from './policy/batches.js';
import { takeOffUnlessWhole, type RemovalNode } from './remove-unreached.js';

const LOOKED_UP_TOGETHER = 1_000;

/**
 * Those of all blocks on the disk that no pin reaches, in pieces. A pin that this process makes meanwhile
 * is known before its blocks are looked up.
 */
export async function* orphans(
  node: RemovalNode,
  blocks: (signal: AbortSignal) => AsyncIterable<string>,
  how: Limited,
): AsyncGenerator<readonly string[]> {
  await limited(how, async (signal) => takeOffUnlessWhole(node, await node.reach.refresh(signal), signal));
  for await (const piece of limitedEach(how, (signal) => inBatches(blocks(signal), LOOKED_UP_TOGETHER))) {
    const unreached = piece.filter((block) => !node.reach.isReached(block));
    if (unreached.length > 0) yield unreached;
  }
}
