// SPDX-License-Identifier: Apache-2.0
import type { MspId } from './ids.js';

/** Of time and chance: milliseconds since 1970, and a number in [0, 1). */
type Surroundings = Readonly<{ nowMs: () => number; chance: () => number }>;

const FORGOTTEN_AFTER_MS = 10 * 60_000;
const DRAWS = 64;

/**
 * Which other hospitals to ask for endorsements by name. A peer's gateway compares what endorsers answer and never their
 * signatures, so one hospital that signs falsely spoils every transaction for which it is asked. Each set of hospitals
 * that spoiled one is passed over for ten minutes, until a set is found that does not; that set is asked from then on.
 */
export class EndorserChoice {
  readonly #surroundings: Surroundings;
  readonly #spoiled = new Map<string, number>();
  #needed = 0;
  #good: readonly MspId[] | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The set that endorsed well when others did not, if all of it is among the hospitals. */
  known(others: readonly MspId[]): readonly MspId[] | undefined {
    return this.#good?.every((one) => others.includes(one)) === true ? this.#good : undefined;
  }

  /** A set drawn from those that did not spoil a transaction; undefined when there is none, or too few hospitals. */
  draw(others: readonly MspId[]): readonly MspId[] | undefined {
    if (this.#needed === 0 || others.length < this.#needed) return undefined;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const set = this.#shuffled(others).slice(0, this.#needed).sort();
      if (!this.#isSpoiled(set)) return set;
    }
    return undefined;
  }

  /**
   * Learns from a transaction that was ordered: how many hospitals endorsed it, the own one included, which others were
   * asked by name, and whether the endorsements were enough.
   */
  learn(endorsements: number, asked: readonly MspId[] | undefined, enough: boolean): void {
    this.#needed = Math.max(this.#needed, endorsements - 1);
    if (asked === undefined) return;
    if (enough) this.#good = asked;
    else this.avoid(asked);
  }

  /** Passes a set over from now on: it spoiled a transaction, or did not answer. */
  avoid(asked: readonly MspId[]): void {
    if (this.#good === asked) this.#good = undefined;
    this.#spoiled.set(keyOf(asked), this.#surroundings.nowMs() + FORGOTTEN_AFTER_MS);
  }

  #isSpoiled(set: readonly MspId[]): boolean {
    const key = keyOf(set);
    const untilMs = this.#spoiled.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#surroundings.nowMs()) return true;
    this.#spoiled.delete(key);
    return false;
  }

  #shuffled(others: readonly MspId[]): MspId[] {
    const keyed = others.map((one) => ({ one, place: this.#surroundings.chance() }));
    return keyed.sort((a, b) => a.place - b.place).map(({ one }) => one);
  }
}

function keyOf(set: readonly MspId[]): string {
  return set.join('\n');
}
