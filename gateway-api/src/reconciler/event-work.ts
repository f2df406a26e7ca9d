// SPDX-License-Identifier: Apache-2.0

/** Does one thing at a time and, asked meanwhile, once more: so events are never waited for and never lost. */
export class EventWork {
  readonly #act: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(act: () => Promise<void>) {
    this.#act = act;
  }

  /** Has the work done from now on; the caller does not wait. */
  ask(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Whether nothing is under way or asked for. */
  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves once nothing is asked for. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#act();
      }
    } finally {
      // At once, so that what is asked for from here on begins a run of its own.
      this.#running = undefined;
    }
  }
}
