// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import type { Log } from '../log.js';
import type { Ledger } from './ledger.js';

type Settings = Readonly<{ mspId: MspId; log: Log; nowMs: () => number }>;
type Consortium = Readonly<{ others: readonly MspId[]; threshold?: number; atMs: number }>;

const FRESH_MS = 60_000;

/**
 * The peers of the other hospitals, asked when the own peer does not answer. Fewer than t of them may lie, so an answer
 * counts when t peers give it. The hospitals and t are those that the own peer last named.
 */
export class OtherPeers {
  readonly #settings: Settings;
  readonly #ledger: Pick<Ledger, 'askOwnPeer'>;
  #known: Consortium = { others: [], atMs: -Infinity };
  #asking: Promise<void> | undefined;

  constructor(settings: Settings, ledger: Pick<Ledger, 'askOwnPeer'>) {
    this.#settings = settings;
    this.#ledger = ledger;
  }

  /** The other hospitals; none before the own peer has named them. */
  async mspIds(): Promise<readonly MspId[]> {
    this.refresh();
    if (this.#known.others.length === 0) await this.#asking;
    return this.#known.others;
  }

  /** Asks the own peer again, in the background, when its last answer is a minute old. */
  refresh(): void {
    if (this.#settings.nowMs() - this.#known.atMs < FRESH_MS) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
  }

  /** Asks all other peers; returns an answer whose key t of them have in common, or undefined. */
  async agree<T>(
    ask: (mspId: MspId) => Promise<T>,
    keyOf: (answer: T) => string | undefined,
  ): Promise<T | undefined> {
    const { others, threshold } = this.#known;
    if (threshold === undefined || others.length < threshold) return undefined;
    const answers = await Promise.all(others.map(ask));
    const byKey = Map.groupBy(answers, keyOf);
    byKey.delete(undefined);
    return [...byKey.values()].find((same) => same.length >= threshold)?.[0];
  }

  async #ask(): Promise<void> {
    try {
      const { hospitals } = await this.#ledger.askOwnPeer('registry:ListHospitals', {});
      const others = hospitals.map(({ mspId }) => mspId).filter((mspId) => mspId !== this.#settings.mspId);
      const threshold = await this.#threshold();
      this.#known = { others, atMs: this.#settings.nowMs(), ...(threshold !== undefined && { threshold }) };
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'unknown';
      this.#settings.log.warn({ code }, 'the own peer does not say who the other hospitals are');
    }
  }

  async #threshold(): Promise<number | undefined> {
    try {
      return (await this.#ledger.askOwnPeer('custody:GetCurrent', {})).threshold;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'CUSTODY_INACTIVE') return undefined;
      throw error;
    }
  }
}
