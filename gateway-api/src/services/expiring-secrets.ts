// SPDX-License-Identifier: Apache-2.0

/** A secret with its time; once that is over the secret is gone, and what it was may still be asked for a while. */
export type Expiring<V, S> = Readonly<{ about: V; untilMs: number; secret?: S }>;

const LOOK_EVERY_MS = 10_000;

/**
 * Secrets in memory, each until its time is over. A timer drops them then, also if nobody comes for another one; when
 * there are too many, the oldest goes.
 */
export class ExpiringSecrets<K, V, S> {
  readonly #entries = new Map<K, Expiring<V, S>>();
  readonly #nowMs: () => number;
  readonly #most: number;
  readonly #knownForMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** At most so many entries; without its secret one is known for `knownForMs` after its time. */
  constructor(nowMs: () => number, { most, knownForMs }: Readonly<{ most: number; knownForMs: number }>) {
    this.#nowMs = nowMs;
    this.#most = most;
    this.#knownForMs = knownForMs;
  }

  set(key: K, entry: Required<Expiring<V, S>>): void {
    this.dropOld();
    const [oldest] = this.#entries.keys();
    const isNew = !this.#entries.has(key);
    if (isNew && this.#entries.size >= this.#most && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, entry);
    this.#wait();
  }

  get(key: K): Expiring<V, S> | undefined {
    return this.#entries.get(key);
  }

  /** How many secrets are there. */
  get size(): number {
    return [...this.#entries.values()].filter(({ secret }) => secret !== undefined).length;
  }

  /** Drops what is over by now. */
  dropOld(): void {
    const now = this.#nowMs();
    for (const [key, { about, untilMs, secret }] of this.#entries) {
      if (untilMs + this.#knownForMs <= now) this.#entries.delete(key);
      else if (untilMs <= now && secret !== undefined) this.#entries.set(key, { about, untilMs });
    }
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#entries.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.dropOld();
      this.#wait();
    }, LOOK_EVERY_MS);
    // A process that has nothing else to do does not stay for this.
    this.#timer.unref();
  }
}
