// SPDX-License-Identifier: Apache-2.0
import { Ascending } from './ascending.js';
import type { Hold } from './hold-store.js';
import { KeyIndex } from './key-index.js';

/** A hold that is over by the own peer's answer, the height at which it is, and when it ends at the latest. */
type Over<S> = Readonly<{ hold: Hold<S>; height: number; lapsesAt: number }>;

/** Holds that are over and have not ended; to find those that may end takes one look at the lowest, however many there are. */
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
    this.#heights.add(over.height, key);
    this.#lapses.add(over.lapsesAt, key);
  }

  remove(key: string): void {
    const over = this.#byKey.get(key);
    if (over === undefined) return;
    this.#byKey.delete(key);
    this.#byHospital.remove(over.hold.hospital, key);
    this.#heights.remove(over.height, key);
    this.#lapses.remove(over.lapsesAt, key);
  }

  /** Takes out the next one that may end, because its height is final or its time has passed. */
  take(isFinal: (height: number) => boolean, now: number): Hold<S> | undefined {
    const [height, lapse] = [this.#heights.lowest, this.#lapses.lowest];
    const isPast = lapse !== undefined && lapse.number <= now;
    const key =
      height !== undefined && isFinal(height.number) ? height.item : isPast ? lapse.item : undefined;
    if (key === undefined) return undefined;
    const hold = this.find(key);
    this.remove(key);
    return hold;
  }
}
