// SPDX-License-Identifier: Apache-2.0

/** Something that tells when it changed; returns how to stop listening. */
export type Changes = (listener: () => void) => () => void;

/** Waits for a condition that is looked at again on every change; false when `timeoutMs` passed first. */
export function waitUntil(condition: () => boolean, changes: Changes, timeoutMs: number): Promise<boolean> {
  if (condition()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (met: boolean): void => {
      clearTimeout(timer);
      stop();
      resolve(met);
    };
    const stop = changes(() => {
      if (condition()) end(true);
    });
    const timer = setTimeout(() => {
      end(false);
    }, timeoutMs);
  });
}

/** Listeners that are told of changes. */
export class Signal {
  readonly #listeners = new Set<() => void>();

  /** Adds a listener. */
  readonly changes: Changes = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tells all listeners. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
