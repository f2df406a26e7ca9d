// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { Chain } from './chain.js';

/** How long an answer is given again at most, in milliseconds. */
const KEPT_MS = 5_000;
const MAX_KEPT = 1_024;

type Kept<T> = Readonly<{ answer: Promise<T>; height: number | undefined; askedAt: number }>;

/**
 * What the own peer answers to a question, by the name of what it is about: asked once by all who ask within some
 * seconds, and anew after each block.
 */
export class Remembered<N, T> {
  readonly #ask: (name: N) => Promise<T>;
  readonly #chain: Pick<Chain, 'head'>;
  readonly #clock: Clock;
  readonly #kept = new Map<N, Kept<T>>();

  constructor(
    ask: (name: N) => Promise<T>,
    { chain, clock }: Readonly<{ chain: Pick<Chain, 'head'>; clock: Clock }>,
  ) {
    this.#ask = ask;
    this.#chain = chain;
    this.#clock = clock;
  }

  /** The answer about a name; what failed is asked again. */
  get(name: N): Promise<T> {
    const kept = this.#kept.get(name);
    const height = this.#chain.head?.number;
    const now = this.#clock();
    if (kept?.height === height && kept !== undefined && now - kept.askedAt < KEPT_MS) return kept.answer;
    const fresh = { answer: this.#ask(name), height, askedAt: now };
    this.#kept.delete(name);
    this.#kept.set(name, fresh);
    fresh.answer.catch(() => {
      if (this.#kept.get(name) === fresh) this.#kept.delete(name);
    });
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > MAX_KEPT) this.#kept.delete(oldest);
    return fresh.answer;
  }
}
