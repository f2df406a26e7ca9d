// SPDX-License-Identifier: Apache-2.0

/** A share sealed to a session key, and its hash; base64url. */
export type SealedShare = Readonly<{ sealed: string; shareHash: string }>;

const MAX_ENTRIES = 10_000;

/**
 * Shares that were sealed already for one hospital. A repeated question gets the same share, after the same checks: the
 * cache spares no decision.
 */
export class SealCache {
  readonly #entries = new Map<string, SealedShare>();

  /** The share of a place, made if it is asked for first. */
  get(place: string, make: () => SealedShare): SealedShare {
    const found = this.#entries.get(place) ?? make();
    this.#entries.delete(place);
    this.#entries.set(place, found);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    return found;
  }
}
