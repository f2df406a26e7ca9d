// SPDX-License-Identifier: Apache-2.0
import { Ascending } from './ascending.js';
import type { Hold } from './hold-store.js';
import { KeyIndex } from './key-index.js';

/** A hold that is over by the own peer's answer, the height at which it is, and when it ends at the latest. */
type Over<S> = Readonly<{ hold: Hold<S>; height: number; lapsesAt: number }>;

/** Holds that are over by the own peer's word and have not ended; to find those that may end takes one look at the lowest, however many there are. */
export class OverHolds<S> {
  readonly #byKey = new Map<string, Over<S>>();
  readonly #byHospital = new KeyIndex();
  readonly #heights = new Ascending<string>();
  readonly #lapses = new Ascending<string>();

  /** The hold under a key. */
  find(key: string): Hold<S> | undefined {
    return this.#byKey.get(key)?.hold;
  }

  /** How many count as a hospital's. */
  countOf(hospital: string): number {
    return this.#byHospital.of(hospital).size;
  }

  add(key: string, over: Over<S>): void {
    this.remove(key);
    this.#byKey.set(key, over);
    this.#byHospital.add(over.hold.hospital, key);
    this.#addTurn(key, over);
  }

  remove(key: string): void {
    const over = this.#byKey.get(key);
    if (over === undefined) return;
    this.#byKey.delete(key);
    this.#byHospital.remove(over.hold.hospital, key);
    this.#removeTurn(key, over);
  }

  /**
   * The next one that may end, because its height is final or its time has passed. It has had its turn then: it stays
   * over until it is removed, and has another turn after {@link putBack}.
   */
  take(isFinal: (height: number) => boolean, now: number): Hold<S> | undefined {
    const [height, lapse] = [this.#heights.lowest, this.#lapses.lowest];
    const isPast = lapse !== undefined && lapse.number <= now;
    const key =
      height !== undefined && isFinal(height.number) ? height.item : isPast ? lapse.item : undefined;
    if (key === undefined) return undefined;
    const over = this.#byKey.get(key);
    if (over !== undefined) this.#removeTurn(key, over);
    return over?.hold;
  }

  /** Gives one that had its turn another one, unless it is over no more. */
  putBack(key: string, hold: Hold<S>): void {
    const over = this.#byKey.get(key);
    if (over?.hold === hold) this.#addTurn(key, over);
  }

  #addTurn(key: string, { height, lapsesAt }: Over<S>): void {
    this.#heights.add(height, key);
    this.#lapses.add(lapsesAt, key);
  }

  #removeTurn(key: string, { height, lapsesAt }: Over<S>): void {
    this.#heights.remove(height, key);
    this.#lapses.remove(lapsesAt, key);
  }
}
