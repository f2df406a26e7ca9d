// SPDX-License-Identifier: Apache-2.0
import { isInline } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import type { KuboPins } from './kubo-pins.js';
import type { PinReach } from './pin-reach.js';
import { inBatches, inPool } from './policy/batches.js';
import { isVaultError } from './vault-error.js';

/** Blocks that are to go together. */
export interface Going {
  readonly blocks: readonly string[];
  /** Whether a pin that reaches one of them keeps it; one that does not is taken off. */
  readonly spares: (pin: string) => boolean;
  /** Is told which of the blocks lie here, before the first of them goes. */
  readonly found?: ((here: readonly string[]) => void) | undefined;
}

/** Blocks that went, and those that lay here before and still do. */
export interface BlockRemoval {
  readonly removed: readonly string[];
  readonly present: readonly string[];
}

/** What a removal needs of this hospital's nodes. */
export interface RemovalNode extends Pick<KuboNode, 'hasBlock' | 'removeBlocks'> {
  readonly pins: Pick<KuboPins, 'isPart' | 'remove'>;
  readonly reach: Pick<PinReach, 'ready' | 'reaching' | 'forget' | 'blocksOf'>;
  /** Removes the entry of a pin in the pinset, and the pin. */
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

const PARALLEL_GROUPS = 4;
const PARALLEL_LOOKS = 4;
const MAX_TOGETHER = 64;
/** How many pins are taken off while others wait. */
const TAKEN_OFF_TOGETHER = 64;
/** While blocks are removed others wait: so many go in one turn, and a turn ends after so long. */
const REMOVED_IN_TURN = 16;
const TURN_MS = 5_000;
/** No turn begins later than this: what has gone by then counts, and the rest is for the next try. */
const REMOVING_MS = 30_000;

/** What became of one of several removals; none fails because another does. */
export type RemovalOutcome = PromiseSettledResult<BlockRemoval>;

/**
 * Removes groups of blocks but for those that a pin which is spared reaches under any identifier. Kubo keeps blocks by
 * multihash and compares pins by whole identifiers, so another codec in the identifier would take a pinned block away.
 * While it is not known what all pins reach, nothing is removed. Answers in the order of the groups.
 *
 * No pin is made while blocks are removed, and between two turns of that others have theirs.
 */
export async function removeUnreached(
  node: RemovalNode,
  groups: readonly Going[],
  signal: AbortSignal,
): Promise<readonly RemovalOutcome[]> {
  const before = await settled(groups, async (going) => {
    const blocks = await presentAmong(node, going.blocks, signal);
    going.found?.(blocks);
    return { ...going, blocks };
  });
  if (before.every((found) => found.status === 'rejected' || found.value.blocks.length === 0))
    return before.map((found) => (found.status === 'rejected' ? found : NOTHING));
  await node.reach.ready(signal);
  return removeInTurns(node, before, signal);
}

const NOTHING: RemovalOutcome = { status: 'fulfilled', value: { removed: [], present: [] } };

/** Removes what it can of each group, until time or a turn runs out: what has gone counts, and the rest is for the next try. */
async function removeInTurns(
  node: RemovalNode,
  groups: readonly PromiseSettledResult<Going>[],
  signal: AbortSignal,
): Promise<readonly RemovalOutcome[]> {
  const late = new AbortController();
  const until = AbortSignal.any([node.timeout(REMOVING_MS), late.signal]);
  const done = await next(groups, async (going) => {
    for await (const blocks of inBatches(going.blocks, REMOVED_IN_TURN)) {
      if (until.aborted) return;
      try {
        await node.alone((within) => removeLoose(node, { ...going, blocks }, within), TURN_MS, signal);
      } catch (error) {
        if (!isVaultError(error, 'VAULT_TIMEOUT')) throw error;
        late.abort();
      }
    }
  });
  return remaining(node, groups, signal, done);
}

/** Tells of each group what went, and what is still here. */
async function remaining(
  node: RemovalNode,
  groups: readonly PromiseSettledResult<Going>[],
  signal: AbortSignal,
  done: readonly PromiseSettledResult<unknown>[],
): Promise<readonly RemovalOutcome[]> {
  const failed = groups.map((group, index) => (done[index]?.status === 'rejected' ? done[index] : group));
  return next(failed, async ({ blocks }) => {
    const present = new Set(await presentAmong(node, blocks, signal));
    return {
      removed: blocks.filter((block) => !present.has(block)),
      present: blocks.filter((block) => present.has(block)),
    };
  });
}

/** Takes off the pins that are not spared, and removes the blocks that no other reaches. */
async function removeLoose(node: RemovalNode, { blocks, spares }: Going, signal: AbortSignal): Promise<void> {
  const reaching = new Map(blocks.map((block) => [block, node.reach.reaching(block)]));
  for (const pin of new Set([...reaching.values()].flat())) if (!spares(pin)) await node.takeOff(pin, signal);
  const here = await presentAmong(node, blocks, signal);
  const loose: string[] = [];
  for (const block of here) {
    const sparing = reaching.get(block)?.filter(spares) ?? [];
    if (!(await someStands(node, sparing, signal))) loose.push(block);
  }
  if (loose.length > 0) await node.removeBlocks(loose, signal);
}

/** Whether the node still has one of the pins: another process may have removed those that were noted. */
async function someStands(node: RemovalNode, pins: readonly string[], signal: AbortSignal): Promise<boolean> {
  for (const pin of pins) {
    if (await node.pins.isPart(pin, signal)) return true;
    node.reach.forget(pin);
  }
  return false;
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
        for (const pin of some) if (!(await isWhole(node, pin, within))) await node.pins.remove(pin, within);
      },
      TURN_MS,
      signal,
    );
}

async function isWhole(node: RemovalNode, pin: string, signal: AbortSignal): Promise<boolean> {
  const blocks = await node.reach.blocksOf(pin, signal);
  if (blocks === null) return false;
  const lying = blocks.filter((block) => !isInline(block));
  return (await presentAmong(node, lying, signal)).length === lying.length;
}

interface Waiting extends Going {
  readonly done: PromiseWithResolvers<BlockRemoval>;
}

/**
 * Removals of one node: those that come while one runs are carried out together after it, with one list of what the pins
 * reach. That list begins after each of them was asked for, so whoever took a pin off before asking finds it gone there.
 */
export class Removals {
  readonly #removeAll: (groups: readonly Going[]) => Promise<readonly RemovalOutcome[]>;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(removeAll: (groups: readonly Going[]) => Promise<readonly RemovalOutcome[]>) {
    this.#removeAll = removeAll;
  }

  /** As {@link removeUnreached}, for one group. What has not begun when the signal aborts is not carried out. */
  async remove(going: Going, signal: AbortSignal): Promise<BlockRemoval> {
    signal.throwIfAborted();
    const waiting: Waiting = { ...going, done: Promise.withResolvers<BlockRemoval>() };
    const leave = (): void => {
      const place = this.#waiting.indexOf(waiting);
      if (place !== -1) this.#waiting.splice(place, 1);
      waiting.done.reject(signal.reason);
    };
    signal.addEventListener('abort', leave);
    this.#waiting.push(waiting);
    if (!this.#isRunning) void this.#run();
    return waiting.done.promise.finally(() => {
      signal.removeEventListener('abort', leave);
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#carryOut(this.#waiting.splice(0, MAX_TOGETHER));
    this.#isRunning = false;
  }

  async #carryOut(together: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#removeAll(together);
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

/** Goes on with those that have not failed. */
async function next<T, R>(
  outcomes: readonly PromiseSettledResult<T>[],
  map: (value: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  return settled(outcomes, async (outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return map(outcome.value);
  });
}

async function presentAmong(
  node: RemovalNode,
  blocks: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await inPool(
    blocks,
    PARALLEL_LOOKS,
    async (block) => !isInline(block) && (await node.hasBlock(block, signal)),
  );
  return blocks.filter((_, index) => found[index] === true);
}
