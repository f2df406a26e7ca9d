// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isEverywhere, multihashOf, namesOthers } from './cid.js';
import type { Clock } from './clock.js';
import type { KuboNode } from './kubo-node.js';
import type { PinnedParts } from './kubo-pins.js';
import { abortOf, limited } from './limited.js';
import type { PinIndex } from './pin-index.js';
import { inBatches, inPool } from './policy/batches.js';
import { isVaultError, VaultError } from './vault-error.js';

/** What is asked of this hospital's Kubo node, on its own disk alone. */
export interface PinnedNode extends Pick<KuboNode, 'blocksHere'> {
  readonly list: (signal: AbortSignal) => Promise<PinnedParts>;
  /** Pins a part anew that is pinned, each block for itself; false when it is not, or a block is not here. */
  readonly pinAnew: (cid: string, blocks: readonly string[], signal: AbortSignal) => Promise<boolean>;
}

const PARALLEL_READS = 8;
/** How many pins are read between two notes, so that a restart goes on there. */
const NOTED_TOGETHER = 256;
/** How long a removal waits until the pins are read that the index lacks. */
const PATIENCE_MS = 10_000;
/** How many pins that reach one block are looked at before others have a turn. */
const PAGE = 256;
/** Longer than a node that works takes for a list. */
const LIST_MS = 600_000;

interface Refreshing {
  readonly sinceMs: number;
  readonly broken: Promise<readonly string[]>;
}

/**
 * What the pins of parts reach, by an index on the disk: the vault notes each pin that it makes, and pins that the index
 * lacks are read from the node's own disk in the background, a piece at a time. There, a pin of a former version is
 * replaced: Kubo would read it for each block that it removes, and wait for a block that is not there. A pin that lacks a
 * block which names others counts as broken, and takes nothing else along.
 */
export class PinReach {
  readonly #node: PinnedNode;
  readonly #index: PinIndex;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #isReady = false;
  #refreshing: Refreshing | undefined;

  constructor(node: PinnedNode, index: PinIndex, clock: Clock) {
    this.#node = node;
    this.#index = index;
    this.#clock = clock;
  }

  /**
   * Has the index know what each pin of a part reaches. To list and read all of them takes long, and is done once: after
   * that the index has what this process notes. VAULT_TIMEOUT meanwhile: it goes on in the background.
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#isReady) return;
    const { sinceMs } = (this.#refreshing ??= this.#begin());
    const leftMs = Math.ceil(sinceMs + PATIENCE_MS - this.#clock.now());
    if (leftMs <= 0) throw new VaultError('VAULT_TIMEOUT');
    const how = {
      clock: this.#clock,
      limits: { signal },
      defaultDeadlineMs: leftMs,
      late: 'VAULT_TIMEOUT',
    } as const;
    await limited(how, (within) => this.refresh(within));
  }

  /** Compares the index with a list of all pins; answers those that lack a block which names others. */
  async refresh(signal: AbortSignal): Promise<readonly string[]> {
    const { broken } = (this.#refreshing ??= this.#begin());
    return Promise.race([broken, abortOf(signal)]);
  }

  /** Notes a pin that this process made, before it makes or removes another. */
  made(pin: string, blocks: readonly string[]): void {
    this.#index.note([{ pin, blocks: blocks.map(multihashOf) }]);
  }

  /**
   * The pins that reach a block, under whatever identifier: of those that were known, and made since. There may be very
   * many, so they come a page at a time, and others have a turn between two pages.
   */
  async *reaching(block: string): AsyncGenerator<string> {
    const name = multihashOf(block);
    for (let last = 0; ;) {
      const page = this.#index.reaching(name, last, PAGE);
      yield* page.map(({ pin }) => pin);
      const end = page.at(-1);
      if (end === undefined || page.length < PAGE) return;
      last = end.id;
      await nextTurn();
    }
  }

  /** Whether a pin reaches a block, but for one. */
  isReached(block: string, but?: string): boolean {
    return this.#index.reaching(multihashOf(block), 0, 2).some(({ pin }) => pin !== but);
  }

  /** Forgets a pin that does not exist any more. */
  forget(pin: string): void {
    this.#index.forget(pin);
  }

  /** A part's blocks that lie on a disk, read from its first block there; null if that is absent or no part's. */
  async blocksOf(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const blocks = namesOthers(pin) ? await this.#node.blocksHere(pin, signal) : [pin];
    return blocks?.filter((block) => !isEverywhere(block)) ?? null;
  }

  /** Ends what goes on in the background. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([this.#refreshing?.broken]);
  }

  #begin(): Refreshing {
    const broken = this.#compare().finally(() => {
      this.#refreshing = undefined;
    });
    // It may have no caller any more.
    broken.catch(() => undefined);
    return { sinceMs: this.#clock.now(), broken };
  }

  async #compare(): Promise<readonly string[]> {
    const since = this.#index.now();
    const limits = { signal: this.#closing.signal };
    const how = { clock: this.#clock, limits, defaultDeadlineMs: LIST_MS, late: 'VAULT_TIMEOUT' } as const;
    const listed = await limited(how, (within) => this.#node.list(within));
    const former = new Set(listed.former);
    const unread = new Set([...(await this.#index.compare(new Set(listed.parts), since)), ...former]);
    for await (const some of inBatches(unread, NOTED_TOGETHER)) {
      const gone = await this.#read(some, former);
      // One that was made meanwhile stays.
      for (const pin of gone) this.#index.forget(pin, since);
    }
    this.#isReady = true;
    return [...unread].filter((pin) => !this.#index.has(pin));
  }

  /** Reads pins and notes what they reach; answers those that are no part or lack a block. */
  async #read(pins: readonly string[], former: ReadonlySet<string>): Promise<readonly string[]> {
    const { signal } = this.#closing;
    const read = await inPool(pins, PARALLEL_READS, (pin) =>
      former.has(pin) ? this.#pinnedAnew(pin, signal) : this.blocksOf(pin, signal),
    );
    signal.throwIfAborted();
    const whole = pins.flatMap((pin, index) => {
      const blocks = read[index];
      return blocks ? [{ pin, blocks: blocks.map(multihashOf) }] : [];
    });
    this.#index.note(whole);
    return pins.filter((_, index) => read[index] === null);
  }

  /**
   * Replaces a pin of a former version; its blocks, or null where it is no part or lacks one. What the node does not answer
   * stays as it is, and is tried again with the next list.
   */
  async #pinnedAnew(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const blocks = await this.blocksOf(pin, signal);
    if (blocks === null) return null;
    try {
      return (await this.#node.pinAnew(pin, blocks, signal)) ? blocks : null;
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
      return blocks;
    }
  }
}
