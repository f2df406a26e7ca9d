// SPDX-License-Identifier: Apache-2.0

/** Does work on one key in order, one piece at a time; work on other keys goes on beside it. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  async during<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const done = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#last.set(key, done);
    try {
      return await done;
    } finally {
      if (this.#last.get(key) === done) this.#last.delete(key);
    }
  }
}
