// SPDX-License-Identifier: Apache-2.0
import { accuse } from '../accuse.js';
import type { SignedReveal } from '../release-replies.js';
import type { ServiceDeps } from '../service-deps.js';

const RETRY_MS = 60_000;
/** Evidence that waits for the ledger, in this gateway's memory; more of it is dropped. */
const MAX_WAITING = 1_000;

/** Evidence against custodians from a time when the ledger stalls: it is brought there as soon as it can be. */
export class LateAccusations {
  readonly #deps: Pick<ServiceDeps, 'ledger' | 'log'>;
  readonly #retryMs: number;
  #waiting: readonly SignedReveal[] = [];
  #trying: Promise<void> | undefined;

  constructor(deps: Pick<ServiceDeps, 'ledger' | 'log'>, retryMs: number = RETRY_MS) {
    this.#deps = deps;
    this.#retryMs = retryMs;
  }

  /** Takes evidence up; nobody waits for the ledger. */
  add(lies: readonly SignedReveal[]): void {
    if (lies.length === 0) return;
    this.#waiting = [...this.#waiting, ...lies].slice(0, MAX_WAITING);
    this.#try();
  }

  #try(): void {
    this.#trying ??= this.#bring().finally(() => {
      this.#trying = undefined;
      if (this.#waiting.length === 0) return;
      setTimeout(() => {
        this.#try();
      }, this.#retryMs).unref();
    });
  }

  async #bring(): Promise<void> {
    const brought = this.#waiting;
    const { waiting } = await accuse(this.#deps, brought);
    this.#waiting = [...waiting, ...this.#waiting.filter((one) => !brought.includes(one))];
  }
}
