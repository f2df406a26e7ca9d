// SPDX-License-Identifier: Apache-2.0

/** The first few of many items in an order, which keeps no more than twice as many in memory. */
export class FirstFew<T> {
  readonly #most: number;
  readonly #placeOf: (item: T) => readonly number[];
  #items: T[] = [];

  /** Numbers decide the order: the next one where those before are equal. */
  constructor(most: number, placeOf: (item: T) => readonly number[]) {
    this.#most = most;
    this.#placeOf = placeOf;
  }

  take(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#most) this.#items = this.#first();
  }

  all(): readonly T[] {
    return this.#first();
  }

  #first(): T[] {
    return this.#items
      .map((item) => ({ item, place: this.#placeOf(item) }))
      .toSorted((one, other) => compare(one.place, other.place))
      .slice(0, this.#most)
      .map(({ item }) => item);
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, place] of one.entries()) {
    const difference = place - (other[index] ?? place);
    if (difference !== 0) return difference;
  }
  return 0;
}
