// SPDX-License-Identifier: Apache-2.0
import { multihashOf } from './cid.js';
import type { Clock } from './clock.js';
import { limited } from './limited.js';
import { allEnded } from './policy/batches.js';
import { removeUnreached, type RemovalNode } from './remove-unreached.js';

/** So long what is left waits for the next try, which goes on there: over a slow line a part needs several. */
export const LINGER_MS = 60_000;
const LOOK_MS = 5_000;
const REMOVAL_MS = 60_000;
/** So many blocks are removed in one call. */
const REMOVED_TOGETHER = 1_000;

/** A block that calls fetch, or that is left of them. */
interface Fetched {
  readonly cid: string;
  /** How many calls under way want it: it is left when there is none. */
  wants: number;
  leftAtMs: number;
  /** Whether it is more than what calls brought here that do not keep it. */
  stays: boolean;
  /** Whether it was here before the first of these calls. */
  looked: Promise<boolean> | undefined;
}

const NEW = { wants: 0, leftAtMs: 0, stays: false, looked: undefined } as const;

/** One call that fetches. */
export interface Fetch {
  /** Notes blocks before they are fetched, and looks which of them are here. */
  wants(blocks: readonly string[]): Promise<void>;
  /** As {@link wants}, for a call that leaves what it fetches here in any case. */
  keeps(blocks: readonly string[]): void;
  /** Whether what was fetched stays; else what no other call wants is removed soon, in the background. */
  end(stays: boolean): void;
}

/**
 * The blocks that calls fetch just now, in memory, and those that are to go since a call ended that does not keep them. What
 * was here before the call stays, and so does what a call fetched meanwhile that keeps it: what another hospital asks for
 * takes nothing from a live record's repair. What several calls want goes when the last of them ends.
 */
export class Fetches {
  readonly #node: RemovalNode;
  readonly #clock: Clock;
  readonly #blocks = new Map<string, Fetched>();
  readonly #closing = new AbortController();
  #removing: Promise<void> | undefined;
  /** How often a removal was asked for. */
  #asked = 0;

  constructor(node: RemovalNode, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  begin(): Fetch {
    const wanted = new Set<string>();
    const want = (block: string): Fetched => {
      const name = multihashOf(block);
      const one = this.#blocks.get(name) ?? { ...NEW, cid: block };
      this.#blocks.set(name, one);
      if (!wanted.has(name)) one.wants += 1;
      wanted.add(name);
      return one;
    };
    return {
      wants: async (blocks) => {
        await allEnded(blocks.map(async (block) => this.#look(want(block))));
      },
      keeps: (blocks) => {
        for (const block of blocks) want(block).stays = true;
      },
      end: (stays) => {
        // A part's first block is noted first and goes last: while it is here it says that something is.
        for (const name of [...wanted].reverse()) this.#ended(name, stays);
        if (!stays) this.removeLeft();
      },
    };
  }

  /** Does work that leaves here what it fetches. */
  async keeping<T>(work: (keeps: Fetch['keeps']) => Promise<T>): Promise<T> {
    const fetch = this.begin();
    try {
      return await work((blocks) => {
        fetch.keeps(blocks);
      });
    } finally {
      fetch.end(true);
    }
  }

  /** Removes in the background what is left; what fails is tried again with the next call. */
  removeLeft(): void {
    this.#asked += 1;
    this.#removing ??= this.#removeLeft().finally(() => {
      this.#removing = undefined;
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#removing;
  }

  async #look(one: Fetched): Promise<void> {
    if (one.stays) return;
    one.looked ??= this.#isHere(one.cid);
    // First the look: a reader may have kept the block meanwhile.
    const wasHere = await one.looked;
    one.stays ||= wasHere;
  }

  /** What cannot be looked for stays. */
  async #isHere(cid: string): Promise<boolean> {
    try {
      return await this.#node.hasBlock(cid, this.#clock.timeout(LOOK_MS));
    } catch {
      return true;
    }
  }

  #ended(name: string, stays: boolean): void {
    const one = this.#blocks.get(name);
    if (one === undefined) return;
    one.wants -= 1;
    one.stays ||= stays;
    if (one.wants > 0) return;
    this.#blocks.delete(name);
    if (!one.stays) this.#blocks.set(name, { ...one, leftAtMs: this.#clock.now() });
  }

  async #removeLeft(): Promise<void> {
    try {
      for (let [oldest] = this.#left(); oldest !== undefined; [oldest] = this.#left()) {
        const waitsMs = oldest.leftAtMs + LINGER_MS - this.#clock.now();
        if (waitsMs > 0) {
          await this.#clock.sleep(waitsMs, this.#closing.signal);
          continue;
        }
        const asked = this.#asked;
        const isLess = await this.#remove(this.#due());
        if (!isLess && asked === this.#asked) return;
      }
    } catch {
      // The node does not answer, or reads its pins: it stays left.
    }
  }

  /** Whether fewer are left afterwards. */
  async #remove(due: readonly Fetched[]): Promise<boolean> {
    const limits = { signal: this.#closing.signal };
    const how = { clock: this.#clock, limits, defaultDeadlineMs: REMOVAL_MS, late: 'VAULT_TIMEOUT' } as const;
    const isLeft = (one: Fetched | undefined): boolean =>
      one?.wants === 0 && this.#blocks.get(multihashOf(one.cid)) === one;
    const left = new Map(due.map((one) => [one.cid, one]));
    const stays = (block: string): boolean => !isLeft(left.get(block));
    const going = { blocks: [...left.keys()], spares: () => true, stays };
    const { present } = await limited(how, (signal) => removeUnreached(this.#node, going, signal));
    const here = new Set(present);
    const done = due.filter(
      (one) => isLeft(one) && (!here.has(one.cid) || this.#node.reach.isReached(one.cid)),
    );
    for (const { cid } of done) this.#blocks.delete(multihashOf(cid));
    return done.length > 0;
  }

  #due(): readonly Fetched[] {
    const due: Fetched[] = [];
    for (const one of this.#left()) {
      if (one.leftAtMs + LINGER_MS > this.#clock.now() || due.length === REMOVED_TOGETHER) break;
      due.push(one);
    }
    return due;
  }

  /** What is left, the oldest first. */
  *#left(): Generator<Fetched, void, undefined> {
    for (const one of this.#blocks.values()) if (one.wants === 0) yield one;
  }
}
