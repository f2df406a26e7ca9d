// SPDX-License-Identifier: Apache-2.0

/** Counts distinct things per subject within a window that slides with time; all times in milliseconds. */
export class SlidingCount {
  readonly #windowMs: number;
  readonly #seen = new Map<string, Map<string, number>>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether one more thing stays within the limit; a thing that is counted already always does. */
  fits(subject: string, thing: string, { limit, at }: Readonly<{ limit: number; at: number }>): boolean {
    const things = this.#recent(subject, at);
    return things.has(thing) || things.size < limit;
  }

  /** Counts a thing, once; subjects of which nothing was counted for a window are forgotten. */
  add(subject: string, thing: string, at: number): void {
    const things = this.#recent(subject, at);
    if (!things.has(thing)) things.set(thing, at);
    // Those longest without a new thing stand first.
    this.#seen.delete(subject);
    this.#seen.set(subject, things);
    for (const one of this.#seen.keys()) if (this.#recent(one, at).size > 0) break;
  }

  /** Number of subjects that are remembered. */
  get subjects(): number {
    return this.#seen.size;
  }

  #recent(subject: string, at: number): Map<string, number> {
    const things = this.#seen.get(subject) ?? new Map<string, number>();
    // Insertion follows time, so that the oldest stand first.
    for (const [thing, since] of things) {
      if (since > at - this.#windowMs) break;
      things.delete(thing);
    }
    if (things.size === 0) this.#seen.delete(subject);
    return things;
  }
}
