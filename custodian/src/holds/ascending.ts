// SPDX-License-Identifier: Apache-2.0

/** Items by a number, of which the lowest is at hand. */
export class Ascending<T> {
  readonly #numbers: number[] = [];
  readonly #items = new Map<number, Set<T>>();

  /** One of the items with the lowest number. */
  get lowest(): Readonly<{ number: number; item: T }> | undefined {
    const [number] = this.#numbers;
    const [item] = number === undefined ? [] : (this.#items.get(number) ?? []);
    return number === undefined || item === undefined ? undefined : { number, item };
  }

  add(number: number, item: T): void {
    const alike = this.#items.get(number);
    if (alike !== undefined) {
      alike.add(item);
      return;
    }
    this.#items.set(number, new Set([item]));
    this.#numbers.splice(this.#numbers.findLastIndex((one) => one < number) + 1, 0, number);
  }

  remove(number: number, item: T): void {
    const alike = this.#items.get(number);
    if (alike?.delete(item) !== true || alike.size > 0) return;
    this.#items.delete(number);
    this.#numbers.splice(this.#numbers.indexOf(number), 1);
  }
}
