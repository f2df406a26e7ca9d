// SPDX-License-Identifier: Apache-2.0
import type { Custodian, MspId, ReleaseRequest } from '@tutela/chaincode/domain';
import type { Custodians, ReleaseAnswer } from '../keys/keys.js';

const RELEASE_TIMEOUT_MS = 20_000;

/**
 * Questions to custodians about one intent, asked once it was ordered and before it is known to be valid. Custodians
 * decide on what their own peers have committed; that they are told what was ordered lets them read ahead, and a
 * question that came too early is merely put again.
 */
export class EarlyReleases {
  readonly #custodians: Custodians;
  readonly #request: ReleaseRequest;
  readonly #leaving = new AbortController();
  readonly #asked = new Map<MspId, Promise<ReleaseAnswer>>();

  constructor(custodians: Custodians, request: ReleaseRequest) {
    this.#custodians = custodians;
    this.#request = request;
  }

  /** Asks those who were not asked yet. */
  ask(custodians: readonly Custodian[]): void {
    if (this.#leaving.signal.aborted) return;
    for (const custodian of custodians) {
      if (this.#asked.has(custodian.mspId)) continue;
      const signal = AbortSignal.any([this.#leaving.signal, AbortSignal.timeout(RELEASE_TIMEOUT_MS)]);
      const answer = this.#custodians.release(custodian, this.#request, signal);
      // Whoever opens the intent takes it; an intent that comes to nothing has nobody who does.
      answer.catch(() => undefined);
      this.#asked.set(custodian.mspId, answer);
    }
  }

  /** The answer of a custodian that was asked early, once. */
  take({ mspId }: Custodian): Promise<ReleaseAnswer> | undefined {
    const answer = this.#asked.get(mspId);
    this.#asked.delete(mspId);
    return answer;
  }

  /** Ends the questions about an intent that came to nothing. */
  end(): void {
    this.#leaving.abort();
  }
}
