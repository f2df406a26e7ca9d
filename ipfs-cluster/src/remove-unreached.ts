// SPDX-License-Identifier: Apache-2.0
import { isEverywhere } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import type { PinReach } from './pin-reach.js';
import { inBatches, inPool } from './policy/batches.js';
import { isVaultError } from './vault-error.js';

/** Blocks that are to go together. */
export interface Going {
  readonly blocks: readonly string[];
  /** Whether a pin that reaches one of them keeps it; one that does not is taken off. */
  readonly spares: (pin: string) => boolean;
  /** Called with the blocks that lie here, before the first of them goes. */
  readonly found?: ((here: readonly string[]) => void) | undefined;
  /** Whether a block stays after all, asked just before it goes. */
  readonly stays?: (block: string) => boolean;
}

/** Blocks that went, and those that lay here before and still do. */
export interface BlockRemoval {
  readonly removed: readonly string[];
  readonly present: readonly string[];
}

/** What a removal needs of this hospital's nodes. */
export interface RemovalNode extends Pick<KuboNode, 'hasBlock' | 'removeBlocks'> {
  readonly reach: Pick<PinReach, 'ready' | 'refresh' | 'reaching' | 'isReached' | 'blocksOf'>;
  /** Removes a pin, and what the index has of it. */
  readonly removePin: (pin: string, signal: AbortSignal) => Promise<void>;
  /** Removes the entry of a pin in the pinset too. */
  readonly takeOff: (pin: string, signal: AbortSignal) => Promise<void>;
  /** A signal that aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Runs work while this process makes no pin; VAULT_TIMEOUT when that takes longer than the deadline. */
  readonly alone: <T>(
    work: (signal: AbortSignal) => Promise<T>,
    deadlineMs: number,
    signal: AbortSignal,
  ) => Promise<T>;
}

const PARALLEL_LOOKS = 4;
/** How many pins are taken off while others wait. */
const TAKEN_OFF_TOGETHER = 64;
/** While blocks are removed others wait: so many go in one turn, and a turn ends after so long. */
const REMOVED_IN_TURN = 16;
const TURN_MS = 5_000;
/** No turn begins later than this: what has gone by then counts, and the rest is for the next try. */
const REMOVING_MS = 30_000;

/**
 * Removes blocks but for those that a pin which is spared reaches under any identifier. Kubo keeps blocks by multihash and
 * compares pins by whole identifiers, so another codec in the identifier would take a pinned block away. While it is not
 * known what all pins reach, nothing is removed. No pin is made while blocks are removed, which is done in turns, so
 * that pins are made between two of them. A removal waits for no look-up of another.
 */
export async function removeUnreached(
  node: RemovalNode,
  going: Going,
  signal: AbortSignal,
): Promise<BlockRemoval> {
  const here = await presentAmong(node, going.blocks, signal);
  going.found?.(here);
  if (here.length === 0) return { removed: [], present: [] };
  await node.reach.ready(signal);
  await removeInTurns(node, { ...going, blocks: here }, signal);
  const present = new Set(await presentAmong(node, here, signal));
  return {
    removed: here.filter((block) => !present.has(block)),
    present: here.filter((block) => present.has(block)),
  };
}

/** Removes what it can, until time or a turn runs out. */
async function removeInTurns(node: RemovalNode, going: Going, signal: AbortSignal): Promise<void> {
  const until = node.timeout(REMOVING_MS);
  for await (const blocks of inBatches(going.blocks, REMOVED_IN_TURN)) {
    if (until.aborted) return;
    try {
      await node.alone((within) => removeLoose(node, { ...going, blocks }, within), TURN_MS, signal);
    } catch (error) {
      if (!isVaultError(error, 'VAULT_TIMEOUT')) throw error;
      return;
    }
  }
}

/**
 * Removes the blocks that no spared pin reaches, and takes off the other pins of these. The index alone decides
 * what a spared pin keeps: no block goes because the node does not answer for that pin at the moment.
 */
async function removeLoose(
  node: RemovalNode,
  { blocks, spares, stays = () => false }: Going,
  signal: AbortSignal,
): Promise<void> {
  const loose: string[] = [];
  // One that is not here any more costs no pin that reaches it.
  for (const block of await presentAmong(node, blocks, signal))
    if (await isLoose(node, block, spares, signal)) loose.push(block);
  const going = loose.filter((block) => !stays(block));
  if (going.length > 0) await node.removeBlocks(going, signal);
}

/** Takes off the pins that reach a block, up to the first one that keeps it. */
async function isLoose(
  node: RemovalNode,
  block: string,
  spares: Going['spares'],
  signal: AbortSignal,
): Promise<boolean> {
  for await (const pin of node.reach.reaching(block)) {
    signal.throwIfAborted();
    if (spares(pin)) return false;
    await node.takeOff(pin, signal);
  }
  return true;
}

/** Takes off pins of which a block is not here: they are no copies. Each may have been made again since it was found so. */
export async function takeOffUnlessWhole(
  node: RemovalNode,
  pins: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for await (const some of inBatches(pins, TAKEN_OFF_TOGETHER))
    await node.alone(
      async (within) => {
        for (const pin of some) if (!(await isWhole(node, pin, within))) await node.removePin(pin, within);
      },
      TURN_MS,
      signal,
    );
}

async function isWhole(node: RemovalNode, pin: string, signal: AbortSignal): Promise<boolean> {
  const blocks = await node.reach.blocksOf(pin, signal);
  if (blocks === null) return false;
  return (await presentAmong(node, blocks, signal)).length === blocks.length;
}

async function presentAmong(
  node: RemovalNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await inPool(
    blocks,
    PARALLEL_LOOKS,
    async (block) => !isEverywhere(block) && (await node.hasBlock(block, signal)),
  );
  return blocks.filter((_, index) => found[index] === true);
}
