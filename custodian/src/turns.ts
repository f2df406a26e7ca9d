// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { DomainError } from '@tutela/chaincode/domain';

/** How many pieces of one hospital's work are done at a time, and how many may be under way: unbounded unless given. */
export type Bounds = Readonly<{ atATime: number; underWay?: number }>;
/** How many requests of one hospital may be under way at a custodian. */
export const REQUESTS_OF_A_HOSPITAL = 64;

/**
 * The work of one hospital's requests, a few pieces at a time, and every other hospital's work has its turn between
 * two pieces: a hospital whose requests cost much waits for itself. What a piece of work reads of records is dropped when
 * it ends, or kept within a bounded size: a request that waits for a turn holds no reading.
 */
export class Turns {
  readonly #bounds: Bounds;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #underWay = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Answers one request of so many pieces, whose work takes turns; throws RATE_LIMITED if too many are under way. */
  async admit<T>(answer: () => Promise<T>, pieces = 1): Promise<T> {
    const { underWay = Infinity } = this.#bounds;
    if (this.#underWay + pieces > underWay)
      throw new DomainError(
        'RATE_LIMITED',
        'too many requests of this hospital are under way; wait a second',
      );
    this.#underWay += pieces;
    try {
      return await answer();
    } finally {
      this.#underWay -= pieces;
    }
  }

  /** Does one piece of work when its turn has come. */
  async take<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.#running >= this.#bounds.atATime)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      void this.#passOn();
    }
  }

  /** Works on each of some things, one after another, each in a turn of its own. */
  async takeEach<S, T>(things: readonly S[], work: (thing: S) => T): Promise<readonly T[]> {
    const done: T[] = [];
    for (const thing of things) done.push(await this.take(() => work(thing)));
    return done;
  }

  async #passOn(): Promise<void> {
    // The event loop goes round once, so that all others go on.
    await setImmediate();
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

/** Acts on each of some things within one turn, and yields to the event loop between two of them. */
export async function eachYielding<S, T>(things: readonly S[], act: (thing: S) => T): Promise<readonly T[]> {
  const done: T[] = [];
  for (const thing of things) {
    if (done.length > 0) await setImmediate();
    done.push(act(thing));
  }
  return done;
}

/** Does work that comes in pieces, and yields to the event loop between two of them; answers the work's result. */
export async function piecewise<T>(pieces: Iterator<unknown, T>): Promise<T> {
  let piece = pieces.next();
  while (piece.done !== true) {
    await setImmediate();
    piece = pieces.next();
  }
  return piece.value;
}
