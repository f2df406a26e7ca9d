// SPDX-License-Identifier: Apache-2.0

/** Work on pins: several may be made at a time, and blocks are removed while none is made. */
type Kind = 'pin' | 'remove';

/**
 * Has the pins and the removals of one node wait for one another, in the order in which they come: a stream of pins
 * keeps no removal waiting for ever, nor the other way round.
 */
export class PinGate {
  #pinning = 0;
  #isRemoving = false;
  readonly #waiting: { readonly kind: Kind; readonly enter: () => void }[] = [];

  /** Runs what makes a pin, beside others of its kind. */
  pinning<T>(work: () => Promise<T>): Promise<T> {
    return this.#through('pin', work);
  }

  /** Runs what removes blocks, alone. */
  removing<T>(work: () => Promise<T>): Promise<T> {
    return this.#through('remove', work);
  }

  async #through<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    const entered = Promise.withResolvers<undefined>();
    this.#waiting.push({
      kind,
      enter: () => {
        entered.resolve(undefined);
      },
    });
    this.#admit();
    await entered.promise;
    try {
      return await work();
    } finally {
      if (kind === 'pin') this.#pinning -= 1;
      else this.#isRemoving = false;
      this.#admit();
    }
  }

  #admit(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#isRemoving || (next.kind === 'remove' && this.#pinning > 0)) return;
      this.#waiting.shift();
      if (next.kind === 'pin') this.#pinning += 1;
      else this.#isRemoving = true;
      next.enter();
    }
  }
}
