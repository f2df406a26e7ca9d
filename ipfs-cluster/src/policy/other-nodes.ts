// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { CallLimits } from '../vault.js';

/** The nodes of the other hospitals. A hospital's answer counts for that hospital alone; each request has a deadline. */
export interface OtherNodes {
  /** Has a hospital's node hold parts; answers those that it holds when it has tried, or null when it does not answer. */
  keep(hospital: string, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[] | null>;
  /** Those of the parts that a hospital's node holds, or null when it does not answer. */
  kept(hospital: string, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[] | null>;
}

/** How long one answer may take where that is less than the nodes give it, and all answers of one hospital in one run. */
export interface Patience {
  readonly answerMs?: number;
  readonly runMs: number;
}

const MAX_UNANSWERED = 2;

/**
 * Asks the other hospitals in one run. A hospital that does not answer twice, or whose answers have taken too long
 * together, is asked no more in this run: it makes no run longer than its own time.
 */
export class Respondents {
  readonly #clock: Clock;
  readonly #limits: CallLimits;
  readonly #patience: Patience;
  readonly #state = new Map<string, { unanswered: number; spentMs: number }>();

  constructor(clock: Clock, limits: CallLimits, patience: Patience) {
    this.#clock = clock;
    this.#limits = limits;
    this.#patience = patience;
  }

  /** The answer of a hospital, or null when it gives none, or is asked no more. */
  async ask(
    hospital: string,
    question: (signal: AbortSignal | undefined) => Promise<readonly string[] | null>,
  ): Promise<ReadonlySet<string> | null> {
    while (!this.isSilent(hospital)) {
      const began = this.#clock.now();
      const answer = await question(this.#signal());
      const state = this.#of(hospital);
      state.spentMs += this.#clock.now() - began;
      if (answer !== null) return new Set(answer);
      state.unanswered += 1;
    }
    return null;
  }

  isSilent(hospital: string): boolean {
    const { unanswered, spentMs } = this.#of(hospital);
    return unanswered >= MAX_UNANSWERED || spentMs >= this.#patience.runMs;
  }

  /** The hospitals that were asked and are asked no more. */
  silent(): readonly string[] {
    return [...this.#state.keys()].filter((hospital) => this.isSilent(hospital));
  }

  #of(hospital: string): { unanswered: number; spentMs: number } {
    const state = this.#state.get(hospital) ?? { unanswered: 0, spentMs: 0 };
    this.#state.set(hospital, state);
    return state;
  }

  #signal(): AbortSignal | undefined {
    const { answerMs } = this.#patience;
    const { signal } = this.#limits;
    if (answerMs === undefined) return signal;
    const late = this.#clock.timeout(answerMs);
    return signal === undefined ? late : AbortSignal.any([late, signal]);
  }
}
