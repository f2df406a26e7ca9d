// SPDX-License-Identifier: Apache-2.0
import { isInline } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import type { PinReach } from './pin-reach.js';
import { inBatches, inPool } from './policy/batches.js';
import { isVaultError } from './vault-error.js';

/** Blocks that are to go together. */
export interface Going {
  readonly blocks: readonly string[];
  /** Whether a pin that reaches one of them keeps it; one that does not is taken off. */
  readonly spares: (pin: string) => boolean;
}

/** Blocks that went, and those that lay here before and still do. */
export interface BlockRemoval {
  readonly removed: readonly string[];
  readonly present: readonly string[];
}

/** What a removal needs of this hospital's nodes. */
export interface RemovalNode extends Pick<
  KuboNode,
  'hasBlock' | 'removeBlocks' | 'removePin' | 'brokenPins'
> {
  readonly reach: Pick<PinReach, 'known' | 'reaching' | 'blocksOf'>;
  /** Removes the entry of a pin in the pinset, and the pin. */
  readonly takeOff: (pin: string, signal: AbortSignal) => Promise<void>;
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
/** While blocks are removed others wait. Kubo compares them with each of its pins, of which it reads 20,000 a second. */
const REMOVAL_MS = 5_000;
const REMOVAL_MS_BY_PIN = 0.2;

/** What became of one of several removals; none fails because another does. */
export type RemovalOutcome = PromiseSettledResult<BlockRemoval>;

/**
 * Removes groups of blocks but for those that a pin which is spared reaches under any identifier. Kubo keeps blocks by
 * multihash and compares pins by whole identifiers, so another codec in the identifier would take a pinned block away.
 * While it is not known what all pins reach, nothing is removed. Answers in the order of the groups.
 *
 * A pin whose first block is not here is no copy, and has Kubo wait for that block before it removes any other. To look
 * at each pin for it takes long: they are looked at when blocks stay that no pin reaches. A pin that another process made
 * meanwhile is no copy either when a block of it went. Only while blocks are removed no pin is made.
 */
export async function removeUnreached(
  node: RemovalNode,
  groups: readonly Going[],
  signal: AbortSignal,
): Promise<readonly RemovalOutcome[]> {
  const before = await settled(groups, async (going) => ({
    ...going,
    blocks: await presentAmong(node, going.blocks, signal),
  }));
  if (before.every((found) => found.status === 'rejected' || found.value.blocks.length === 0))
    return before.map((found) => (found.status === 'rejected' ? found : NOTHING));
  const { pins, broken } = await node.reach.known(signal);
  await takeOffUnlessWhole(node, broken, signal);
  const deadlineMs = REMOVAL_MS + Math.ceil(pins.size * REMOVAL_MS_BY_PIN);
  const remove = (): Promise<readonly PromiseSettledResult<Removed>[]> =>
    node.alone((within) => removeTogether(node, before, within), deadlineMs, signal);
  let found = await remove().catch(unlessLate);
  if (found === null || found.some((one, index) => before[index]?.status === 'fulfilled' && isStuck(one))) {
    await takeOffUnlessWhole(node, await node.brokenPins(signal), signal);
    found = await remove();
  }
  await takeOffBroken(node, found, signal);
  return next(found, ({ removed, present }) => Promise.resolve({ removed, present }));
}

const NOTHING: RemovalOutcome = { status: 'fulfilled', value: { removed: [], present: [] } };

interface Removed extends BlockRemoval {
  /** Whether a block is still here that no pin reaches. */
  readonly isStuck: boolean;
}

function isStuck(outcome: PromiseSettledResult<Removed>): boolean {
  return outcome.status === 'rejected' || outcome.value.isStuck;
}

function unlessLate(error: unknown): null {
  if (isVaultError(error, 'VAULT_TIMEOUT')) return null;
  throw error;
}

/** Removes the blocks of all groups in one call, for Kubo looks at all pins for each; where it refuses that, each alone. */
async function removeTogether(
  node: RemovalNode,
  groups: readonly PromiseSettledResult<Going>[],
  signal: AbortSignal,
): Promise<readonly PromiseSettledResult<Removed>[]> {
  const freed = await next(groups, async (going) => ({
    ...going,
    loose: await loosened(node, going, signal),
  }));
  const all = freed.flatMap((one) => (one.status === 'fulfilled' ? one.value.loose : []));
  const isRefused = await refuses(() => removeAll(node, all, signal));
  const outcomes = await next(freed, async ({ blocks, loose }) => {
    if (isRefused) await removeAll(node, loose, signal);
    const present = new Set(await presentAmong(node, blocks, signal));
    return {
      removed: blocks.filter((block) => !present.has(block)),
      present: blocks.filter((block) => present.has(block)),
      isStuck: loose.some((block) => present.has(block)),
    };
  });
  signal.throwIfAborted();
  return outcomes;
}

/** Takes off the pins that are not spared, and answers the blocks that no other reaches. */
async function loosened(
  node: RemovalNode,
  { blocks, spares }: Going,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const reaching = new Map(blocks.map((block) => [block, node.reach.reaching(block)]));
  for (const pin of new Set([...reaching.values()].flat())) if (!spares(pin)) await node.takeOff(pin, signal);
  return blocks.filter((block) => !reaching.get(block)?.some(spares));
}

async function removeAll(node: RemovalNode, blocks: readonly string[], signal: AbortSignal): Promise<void> {
  if (blocks.length > 0) await node.removeBlocks(blocks, signal);
}

async function refuses(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    if (isVaultError(error, 'VAULT_REFUSED', 'PART_CORRUPT')) return true;
    throw error;
  }
}

/** Takes off pins that reach a block that went: they came meanwhile. */
async function takeOffBroken(
  node: RemovalNode,
  outcomes: readonly PromiseSettledResult<Removed>[],
  signal: AbortSignal,
): Promise<void> {
  const gone = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value.removed : []));
  if (gone.length === 0) return;
  const { pins, broken } = await node.reach.known(signal);
  const reaching = gone.flatMap((block) => node.reach.reaching(block)).filter((pin) => pins.has(pin));
  await takeOffUnlessWhole(node, [...new Set([...broken, ...reaching])], signal);
}

/** Takes off pins of which a block is not here; each may have been made again since it was found so. */
async function takeOffUnlessWhole(
  node: RemovalNode,
  pins: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for await (const some of inBatches(pins, TAKEN_OFF_TOGETHER))
    await node.alone(
      async (within) => {
        for (const pin of some) if (!(await isWhole(node, pin, within))) await node.removePin(pin, within);
      },
      REMOVAL_MS,
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
