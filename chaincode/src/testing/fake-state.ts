// SPDX-License-Identifier: Apache-2.0

/** A committed value and the number of the transaction that wrote it. */
export type Versioned = Readonly<{ value: Uint8Array; version: number }>;

/** Keys and values of one namespace, in the order in which LevelDB walks them. */
export class FakeState {
  readonly #entries: Map<string, Versioned>;

  constructor(entries: ReadonlyMap<string, Versioned> = new Map()) {
    this.#entries = new Map(entries);
  }

  get(key: string): Versioned | undefined {
    return this.#entries.get(key);
  }

  /** Entries with `from ≤ key < until`, sorted. */
  range(from: string, until: string): readonly (readonly [string, Versioned])[] {
    return [...this.#entries]
      .filter(([key]) => from <= key && key < until)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Applies writes; a missing value deletes. */
  apply(writes: ReadonlyMap<string, Uint8Array | undefined>, version: number): void {
    for (const [key, value] of writes)
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { value, version });
  }

  copy(): FakeState {
    return new FakeState(this.#entries);
  }

  entries(): readonly (readonly [string, Versioned])[] {
    return this.range('', '\u{10ffff}');
  }
}
