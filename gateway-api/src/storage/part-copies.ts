// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import type { Clock, OtherNodes, Vault } from '@tutela/ipfs-cluster';
import { KeepRequests } from './keep-requests.js';
import { PartSpread, type Spreading } from './part-spread.js';
import type { Accepts } from './storage.js';

/** How long hospitals are asked for copies of a part before that begins anew, and how long a store waits for them. */
const ASKING_MS = 60_000;
const WAIT_MS = 60_000;
/** Parts of stores that go on; the copies of those that came first are asked for again when they are waited for. */
const MAX_PARTS = 4_096;

/** What the copies of the parts of stores come from. */
export interface CopiesFrom {
  readonly vault: Vault;
  readonly others: OtherNodes;
  readonly hospitals: () => Promise<readonly MspId[]>;
  /** At how many hospitals a part is to lie. */
  readonly copies: () => Promise<number>;
  readonly clock: Clock;
}

/** The copies of the parts of stores that go on. */
export class PartCopies {
  readonly #spreading: Spreading;
  readonly #spreads = new Map<string, PartSpread>();

  constructor({ others, ...from }: CopiesFrom) {
    this.#spreading = { ...from, requests: new KeepRequests(others) };
  }

  /** Has hospitals hold a part; nothing waits for it. */
  begin(cid: string, accepts: Accepts): PartSpread {
    return this.#spreads.get(cid) ?? this.#anew(cid, accepts);
  }

  /** Waits until enough hospitals hold each part, and answers the least number that do; STORAGE_UNAVAILABLE at the deadline. */
  async enough(cids: readonly string[], accepts: Accepts, signal?: AbortSignal): Promise<number> {
    const late = this.#spreading.clock.timeout(WAIT_MS);
    const ended = signal === undefined ? late : AbortSignal.any([late, signal]);
    const hospitals = await Promise.all(cids.map((cid) => this.#enough(cid, accepts, ended)));
    for (const cid of cids) this.#spreads.delete(cid);
    return Math.min(...hospitals);
  }

  #anew(cid: string, accepts: Accepts): PartSpread {
    const spread = new PartSpread(cid, accepts, this.#spreading, this.#spreading.clock.timeout(ASKING_MS));
    this.#spreads.set(cid, spread);
    const [oldest] = this.#spreads.keys();
    if (this.#spreads.size > MAX_PARTS && oldest !== undefined) this.#spreads.delete(oldest);
    return spread;
  }

  async #enough(cid: string, accepts: Accepts, ended: AbortSignal): Promise<number> {
    let spread = this.begin(cid, accepts);
    for (;;) {
      await untilAborted(spread.settled(), ended);
      if (spread.isEnough()) return spread.hospitals();
      spread = this.#anew(cid, accepts);
    }
  }
}

async function untilAborted(work: Promise<undefined>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(new DomainError('STORAGE_UNAVAILABLE', 'too few hospitals hold the content'));
  };
  signal.addEventListener('abort', abort);
  try {
    if (signal.aborted) abort();
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
