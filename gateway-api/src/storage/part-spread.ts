// SPDX-License-Identifier: Apache-2.0
import type { MspId } from '@tutela/chaincode/domain';
import { holdersOf, isVaultError, MIN_COPIES, type Clock, type Vault } from '@tutela/ipfs-cluster';
import type { KeepRequests } from './keep-requests.js';
import type { Accepts } from './storage.js';

/** How long a hospital may take before the next one is asked too. */
const PATIENCE_MS = 1_000;
/** After how long all are asked again that do not hold the part, while too few do. */
const PAUSE_MS = 500;

/** What the copies of a part come from. */
export interface Spreading {
  readonly vault: Vault;
  readonly requests: KeepRequests;
  /** The other hospitals; none while they are not known. */
  readonly hospitals: () => Promise<readonly MspId[]>;
  /** At how many hospitals a part is to lie. */
  readonly copies: () => Promise<number>;
  readonly clock: Clock;
}

/**
 * Has a part of a store held here and at other hospitals: as many at once as are wished, and the next in the order in
 * which hospitals hold it where one refuses, fails or takes its time. A copy counts when its hospital has said that it
 * holds the part. None is asked while the part may not be kept.
 */
export class PartSpread {
  readonly #cid: string;
  readonly #accepts: Accepts;
  readonly #spreading: Spreading;
  readonly #holders = new Set<MspId>();
  readonly #done = Promise.withResolvers<undefined>();
  #heldHere = false;

  /** Begins at once, and ends when all who are to hold the part do, or all were asked and enough do, or at the signal. */
  constructor(cid: string, accepts: Accepts, spreading: Spreading, signal: AbortSignal) {
    this.#cid = cid;
    this.#accepts = accepts;
    this.#spreading = spreading;
    this.#done.promise.catch(() => undefined);
    this.#run(signal).then(() => {
      this.#done.resolve(undefined);
    }, this.#done.reject);
  }

  /** Resolves once enough hospitals hold the part, or none is asked any more. */
  settled(): Promise<undefined> {
    return this.#done.promise;
  }

  hospitals(): number {
    return this.#holders.size + (this.#heldHere ? 1 : 0);
  }

  isEnough(): boolean {
    return this.hospitals() >= MIN_COPIES;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#spreading;
    while (!signal.aborted) {
      await Promise.all([this.#holdHere(signal), this.#askOthers(signal)]);
      if (this.isEnough()) return;
      await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }

  async #holdHere(signal: AbortSignal): Promise<void> {
    if (this.#heldHere) return;
    try {
      await this.#spreading.vault.hold(this.#cid, { accepts: this.#accepts, signal });
      this.#heldHere = true;
      this.#tell();
    } catch (error) {
      if (!isVaultError(error)) throw error;
    }
  }

  async #askOthers(signal: AbortSignal): Promise<void> {
    const { hospitals, copies } = this.#spreading;
    const [others, wished] = [await hospitals(), (await copies()) - 1];
    const members = others.filter((hospital) => !this.#holders.has(hospital));
    const order = holdersOf({ cid: this.#cid, authors: [], members }) as readonly MspId[];
    const candidates = order.values();
    const missing = Math.min(wished - this.#holders.size, members.length);
    await Promise.all(
      Array.from({ length: Math.max(0, missing) }, () => this.#askUntilHeld(candidates, wished, signal)),
    );
  }

  /** Asks one hospital after the other until one holds the part, or as many others do as are wished. */
  async #askUntilHeld(candidates: Iterator<MspId>, wished: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#holders.size < wished && this.#accepts([this.#cid])) {
      const next = candidates.next();
      if (next.done === true || (await this.#isHeldSoon(next.value, signal))) return;
    }
  }

  /** Whether a hospital holds the part before patience with it ends; an answer that comes later counts all the same. */
  async #isHeldSoon(hospital: MspId, signal: AbortSignal): Promise<boolean> {
    const { requests, clock } = this.#spreading;
    const answered = new AbortController();
    const patience = clock.sleep(PATIENCE_MS, AbortSignal.any([signal, answered.signal])).then(
      () => false,
      () => false,
    );
    const held = requests.ask(hospital, this.#cid, this.#accepts).then((isHeld) => {
      if (isHeld) this.#holders.add(hospital);
      this.#tell();
      return isHeld;
    });
    held.catch(this.#done.reject);
    try {
      return await Promise.race([held, patience]);
    } finally {
      answered.abort();
    }
  }

  #tell(): void {
    if (this.isEnough()) this.#done.resolve(undefined);
  }
}
