// SPDX-License-Identifier: Apache-2.0
import { isInline, multihashOf } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import type { PinReach } from './pin-reach.js';
import { inPool } from './policy/batches.js';

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
export interface RemovalNode extends Pick<KuboNode, 'hasBlock' | 'removeBlocks' | 'removePin'> {
  readonly reach: Pick<PinReach, 'visit'>;
  /** Removes the entry of a pin in the pinset, and the pin. */
  readonly takeOff: (pin: string, signal: AbortSignal) => Promise<void>;
}

const PARALLEL_GROUPS = 4;
const PARALLEL_LOOKS = 4;
const MAX_TOGETHER = 64;

/** What became of one of several removals; none fails because another does. */
export type RemovalOutcome = PromiseSettledResult<BlockRemoval>;

/**
 * Removes groups of blocks but for those that a pin which is spared reaches under any identifier. Kubo keeps blocks by
 * multihash and compares pins by whole identifiers, so another codec in the identifier would take a pinned block away.
 * Without a complete list of the pins, nothing is removed. Answers in the order of the groups.
 *
 * A pin whose first block is not here is no copy, and has Kubo wait for that block before it removes any other: it is
 * taken off first. A pin that another process made meanwhile is no copy either when a block of it went.
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
  const named = new Set(before.flatMap((found) => (found.status === 'rejected' ? [] : names(found.value))));
  const { reaching, pins, broken } = await whatReaches(node, named, signal);
  const offNow = async (pin: string, takeOff: RemovalNode['takeOff']): Promise<void> => {
    await takeOff(pin, signal);
    // It counts as one that came meanwhile if it is made again.
    pins.delete(pin);
  };
  for (const pin of broken) await offNow(pin, node.removePin);
  const outcomes = await settled(before, async (found) => {
    if (found.status === 'rejected') throw found.reason;
    return removeGroup(node, found.value, { reaching, takeOff: (pin) => offNow(pin, node.takeOff), signal });
  });
  await takeOffBroken(node, outcomes, { pins, signal });
  return outcomes;
}

const NOTHING: RemovalOutcome = { status: 'fulfilled', value: { removed: [], present: [] } };

type Reaching = ReadonlyMap<string, ReadonlySet<string>>;

/** By multihash the pins that reach a block, all pins, and those that lack a block which names others. */
async function whatReaches(
  { reach }: RemovalNode,
  named: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Readonly<{ reaching: Reaching; pins: Set<string>; broken: readonly string[] }>> {
  const reaching = new Map([...named].map((name) => [name, new Set<string>()] as const));
  const broken: string[] = [];
  const pins = await reach.visit((pin, blocks) => {
    if (blocks === null) broken.push(pin);
    for (const block of blocks ?? []) reaching.get(block)?.add(pin);
  }, signal);
  return { reaching, pins: new Set(pins), broken };
}

interface GroupDeps {
  readonly reaching: Reaching;
  readonly takeOff: (pin: string) => Promise<void>;
  readonly signal: AbortSignal;
}

async function removeGroup(
  node: RemovalNode,
  { blocks, spares }: Going,
  { reaching, takeOff, signal }: GroupDeps,
): Promise<BlockRemoval> {
  const pinsOf = (block: string): readonly string[] => [...(reaching.get(multihashOf(block)) ?? [])];
  for (const pin of new Set(blocks.flatMap(pinsOf))) if (!spares(pin)) await takeOff(pin);
  const loose = blocks.filter((block) => !pinsOf(block).some(spares));
  if (loose.length > 0) await node.removeBlocks(loose, signal);
  const present = new Set(await presentAmong(node, blocks, signal));
  return {
    removed: blocks.filter((block) => !present.has(block)),
    present: blocks.filter((block) => present.has(block)),
  };
}

/** Takes off pins that came meanwhile and reach a block that went. */
async function takeOffBroken(
  node: RemovalNode,
  outcomes: readonly RemovalOutcome[],
  { pins, signal }: Readonly<{ pins: ReadonlySet<string>; signal: AbortSignal }>,
): Promise<void> {
  const gone = new Set(
    outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value.removed.map(multihashOf) : [])),
  );
  if (gone.size === 0) return;
  const broken: string[] = [];
  const note = (pin: string, blocks: readonly string[] | null): void => {
    if (blocks === null || blocks.some((block) => gone.has(block))) broken.push(pin);
  };
  await node.reach.visit(note, signal, pins);
  for (const pin of broken) await node.removePin(pin, signal);
}

function names({ blocks }: Going): readonly string[] {
  return blocks.map(multihashOf);
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
