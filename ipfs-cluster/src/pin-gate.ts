// SPDX-License-Identifier: Apache-2.0

/** Work on pins: several may be made at a time, and blocks are removed while none is made. */
type Kind = 'pin' | 'remove';

interface Waiting {
  readonly kind: Kind;
  readonly enter: () => void;
}

/**
 * Makes the pins and the removals of one node wait for one another, in the order in which they come: a stream of pins
 * delays no removal for ever, nor the reverse. A caller that aborts while it waits loses its place.
 */
export class PinGate {
  #pinning = 0;
  #isRemoving = false;
  readonly #waiting: Waiting[] = [];

  /** Runs what makes a pin, beside others of its kind. */
  pinning<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#through('pin', work, signal);
  }

  /** Runs what removes blocks, alone. */
  removing<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#through('remove', work, signal);
  }

  async #through<T>(kind: Kind, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(kind, signal);
    try {
      return await work();
    } finally {
      if (kind === 'pin') this.#pinning -= 1;
      else this.#isRemoving = false;
      this.#admit();
    }
  }

  async #turn(kind: Kind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<undefined>();
    const waiting: Waiting = {
      kind,
      enter: () => {
        turn.resolve(undefined);
      },
    };
    const leave = (): void => {
      const place = this.#waiting.indexOf(waiting);
      if (place === -1) return;
      this.#waiting.splice(place, 1);
      turn.reject(signal.reason);
      this.#admit();
    };
    signal.addEventListener('abort', leave);
    this.#waiting.push(waiting);
    this.#admit();
    await turn.promise.finally(() => {
      signal.removeEventListener('abort', leave);
    });
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
