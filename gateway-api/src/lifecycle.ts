// SPDX-License-Identifier: Apache-2.0

/** Things that were started, to be stopped in reverse; one that fails to stop keeps no other from stopping. */
export class Lifecycle {
  readonly #stops: (() => unknown)[] = [];
  #isStopping = false;

  /** Whether the end was asked for: a start that is still going on must go no further. */
  isStopping(): boolean {
    return this.#isStopping;
  }

  /** Remembers how to stop what has just been started. */
  onStop(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /** Stops everything, last first. Throws an AggregateError of all that failed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
  }
}
