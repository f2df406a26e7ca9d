// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { isInline, multihashOf } from './cid.js';
import type { Clock } from './clock.js';
import type { KuboNode } from './kubo-node.js';
import type { PinnedParts } from './kubo-pins.js';
import { limited } from './limited.js';
import type { PinIndex } from './pin-index.js';
import { inPool } from './policy/batches.js';
import { VaultError } from './vault-error.js';

/** What is asked of this hospital's Kubo node, on its own disk alone. */
export interface PinnedNode extends Pick<KuboNode, 'ownBlock'> {
  readonly list: (signal: AbortSignal) => Promise<PinnedParts>;
  /** Pins a part anew, each block for itself; false when a block is not here. */
  readonly pinAnew: (cid: string, blocks: readonly string[], signal: AbortSignal) => Promise<boolean>;
}

/** The pins of all parts of a node, and those of them that lack a block. */
export interface KnownPins {
  readonly pins: ReadonlySet<string>;
  readonly broken: readonly string[];
}

const PARALLEL_READS = 8;
/** How many pins are read between two notes, so that a restart goes on there. */
const NOTED_TOGETHER = 256;
/** How long a call waits until the pins are read that the index lacks. */
const PATIENCE_MS = 10_000;
/** More blocks than the pins of this product reach, as a guard against a walk without end. */
const MAX_BLOCKS = 1_000_000;

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
  readonly #unread = new Set<string>();
  readonly #former = new Set<string>();
  #reading: Readonly<{ sinceMs: number; done: Promise<void> }> | undefined;

  constructor(node: PinnedNode, index: PinIndex, clock: Clock) {
    this.#node = node;
    this.#index = index;
    this.#clock = clock;
  }

  /**
   * Lists all pins, and has the index know what each of them reaches. VAULT_TIMEOUT while so many are unknown that
   * reading them takes long: that goes on in the background, and a later call finds what was read.
   */
  async known(signal: AbortSignal): Promise<KnownPins> {
    this.#patienceLeftMs();
    const since = this.#index.now();
    const { parts, former } = await this.#node.list(signal);
    const pins = new Set(parts);
    for (const pin of former) this.#former.add(pin);
    const unread = [...new Set([...(await this.#index.compare(pins, since)), ...former])];
    if (unread.length > 0) await this.#read(unread, signal);
    return { pins, broken: unread.filter((pin) => !this.#index.has(pin)) };
  }

  /** Notes a pin that this process made, before it makes or removes another. */
  made(pin: string, blocks: readonly string[]): void {
    this.#index.note([{ pin, blocks: blocks.map(multihashOf) }]);
  }

  /** The pins that reach a block, under whatever identifier: of those that were known, and made since. */
  reaching(block: string): readonly string[] {
    return this.#index.reaching(multihashOf(block));
  }

  /** The blocks that a pin reaches, from the node's own disk; null where one that names others is not there. */
  async blocksOf(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const reached = new Set([pin]);
    for (const cid of reached) {
      if (!namesOthers(cid)) continue;
      const block = await this.#node.ownBlock(cid, signal);
      if (block === null) return null;
      for (const link of linksIn(block)) reached.add(link);
      if (reached.size > MAX_BLOCKS) throw new VaultError('VAULT_REFUSED');
    }
    return [...reached];
  }

  /** Ends what goes on in the background. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([this.#reading?.done]);
  }

  async #read(pins: readonly string[], signal: AbortSignal): Promise<void> {
    for (const pin of pins) this.#unread.add(pin);
    if (this.#reading === undefined) {
      const done = this.#readAll();
      // It has no caller of its own.
      done.catch(() => undefined);
      this.#reading = { sinceMs: this.#clock.now(), done };
    }
    const { done } = this.#reading;
    const limits = { signal, deadlineMs: this.#patienceLeftMs() };
    const how = {
      clock: this.#clock,
      limits,
      defaultDeadlineMs: PATIENCE_MS,
      late: 'VAULT_TIMEOUT',
    } as const;
    await limited(how, (within) => Promise.race([done, abortOf(within)]));
  }

  #patienceLeftMs(): number {
    if (this.#reading === undefined) return PATIENCE_MS;
    const leftMs = Math.ceil(this.#reading.sinceMs + PATIENCE_MS - this.#clock.now());
    if (leftMs <= 0) throw new VaultError('VAULT_TIMEOUT');
    return leftMs;
  }

  async #readAll(): Promise<void> {
    const { signal } = this.#closing;
    try {
      while (this.#unread.size > 0) {
        const some = firstOf(this.#unread, NOTED_TOGETHER);
        const read = await inPool(some, PARALLEL_READS, (pin) => this.#wholeOf(pin, signal));
        signal.throwIfAborted();
        const whole = some.flatMap((pin, index) => {
          const blocks = read[index];
          return blocks ? [{ pin, blocks: blocks.map(multihashOf) }] : [];
        });
        this.#index.note(whole);
        for (const pin of some) this.#unread.delete(pin);
        await nextTurn();
      }
    } finally {
      this.#unread.clear();
      this.#former.clear();
      this.#reading = undefined;
    }
  }

  /** As {@link blocksOf}; a pin of a former version is replaced on the way. */
  async #wholeOf(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const blocks = await this.blocksOf(pin, signal);
    if (!this.#former.has(pin)) return blocks;
    const lying = blocks?.filter((block) => !isInline(block));
    if (blocks && lying && (await this.#node.pinAnew(pin, lying, signal))) return blocks;
    this.#index.forget(pin);
    return null;
  }
}

function firstOf<T>(items: ReadonlySet<T>, count: number): readonly T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.length === count) break;
    first.push(item);
  }
  return first;
}

async function abortOf(signal: AbortSignal): Promise<never> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return aborted.promise;
}

/** Whether a block may name others: what this product pins is raw, or a first block of a part. */
function namesOthers(cid: string): boolean {
  return CID.parse(cid).code === dagPb.code;
}

/** What no part begins with names no block. */
function linksIn(block: Uint8Array): readonly string[] {
  try {
    return dagPb.decode(block).Links.map(({ Hash }) => Hash.toString());
  } catch {
    return [];
  }
}
