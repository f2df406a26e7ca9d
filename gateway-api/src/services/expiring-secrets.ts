// SPDX-License-Identifier: Apache-2.0

/** A secret with its owner and its time; once that is over the secret is gone, and whose it was is known a while longer. */
export type Expiring<S> = Readonly<{ owner: string; untilMs: number; secret?: S }>;

const LOOK_EVERY_MS = 10_000;

/**
 * Secrets in memory, each until its time is over. A timer drops them then, also if nobody comes for another one; when
 * there are too many, the oldest of the owner with most of them goes, so that no owner puts out another's.
 */
export class ExpiringSecrets<K, S> {
  readonly #entries = new Map<K, Expiring<S>>();
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

  set(key: K, entry: Required<Expiring<S>>): void {
    this.dropOld();
    if (!this.#entries.has(key) && this.#entries.size >= this.#most) this.#makeRoom();
    this.#entries.set(key, entry);
    this.#wait();
  }

  get(key: K): Expiring<S> | undefined {
    return this.#entries.get(key);
  }

  /** How many secrets are there. */
  get size(): number {
    return [...this.#entries.values()].filter(({ secret }) => secret !== undefined).length;
  }

  /** Drops what is over by now. */
  dropOld(): void {
    const now = this.#nowMs();
    for (const [key, { owner, untilMs, secret }] of this.#entries) {
      if (untilMs + this.#knownForMs <= now) this.#entries.delete(key);
      else if (untilMs <= now && secret !== undefined) this.#entries.set(key, { owner, untilMs });
    }
  }

  #makeRoom(): void {
    const owned = Map.groupBy(this.#entries, ([, { owner }]) => owner);
    const [most = []] = [...owned.values()].sort((a, b) => b.length - a.length);
    const [oldest] = most;
    if (oldest !== undefined) this.#entries.delete(oldest[0]);
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
