// SPDX-License-Identifier: Apache-2.0

/** Keys by a name that several of them share. */
export class KeyIndex {
  readonly #keys = new Map<string, Set<string>>();

  /** The keys under a name. */
  of(name: string): ReadonlySet<string> {
    return this.#keys.get(name) ?? new Set();
  }

  add(name: string, key: string): void {
    const keys = this.#keys.get(name) ?? new Set();
    this.#keys.set(name, keys.add(key));
  }

  remove(name: string, key: string): void {
    const keys = this.#keys.get(name);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(name);
  }
}
