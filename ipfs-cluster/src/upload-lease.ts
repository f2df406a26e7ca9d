// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';

const CHECK_MS = 20;

/** Keeps garbage collection and uploads of one hospital apart: uploads share, a collection is alone. */
export class UploadLeases {
  #open = 0;
  #collection: Promise<unknown> | null = null;

  /** How many uploads are open. */
  get open(): number {
    return this.#open;
  }

  /** Runs an upload; waits for a collection under way, never for one that only wants to start. */
  async upload<T>(run: () => Promise<T>): Promise<T> {
    while (this.#collection !== null) await this.#collection;
    this.#open += 1;
    try {
      return await run();
    } finally {
      this.#open -= 1;
    }
  }

  /** Runs a collection at a moment without uploads; rejects with the signal's reason when it aborts before that moment. */
  async collect<T>(clock: Clock, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    while (this.#open > 0 || this.#collection !== null) await clock.sleep(CHECK_MS, signal);
    const running = run();
    this.#collection = running.then(ignore, ignore);
    try {
      return await running;
    } finally {
      this.#collection = null;
    }
  }
}

function ignore(): void {
  // An upload that waits for a collection does not care how it ended.
}
