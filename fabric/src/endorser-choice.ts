// SPDX-License-Identifier: Apache-2.0
import type { MspId } from '@tutela/chaincode/domain';

/** Of time and chance: milliseconds since 1970, and a number in [0, 1). */
type Surroundings = Readonly<{ nowMs: () => number; chance: () => number }>;

/** Whether a valid transaction was endorsed in time and without conflict, and which others were named for it, if any. */
type Valid = Readonly<{ isGood: boolean; asked?: readonly MspId[] | undefined }>;

const WARY_MS = 10 * 60_000;
const DRAWS = 64;

/**
 * Which other hospitals to ask for endorsements by name. A peer's gateway compares what endorsers answer and never their
 * signatures, so one hospital that signs falsely spoils every transaction for which it is asked, as does one that has an
 * envelope of its own with the same id ordered first, and one that does not answer delays it. For ten minutes after such a transaction the hospitals that endorsed a valid one are asked by name,
 * and each set that spoiled one is passed over.
 */
export class EndorserChoice {
  readonly #surroundings: Surroundings;
  readonly #avoided = new Map<string, number>();
  #waryUntilMs = -Infinity;
  /** How many others the own peer's newest plan had; none is known before the first one. */
  #needed = 0;
  #good: readonly MspId[] | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The set that endorsed well, while there is reason to name one, if all of it is among the hospitals. */
  known(others: readonly MspId[]): readonly MspId[] | undefined {
    if (this.#surroundings.nowMs() >= this.#waryUntilMs) this.#good = undefined;
    return this.#good?.every((one) => others.includes(one)) === true ? this.#good : undefined;
  }

  /**
   * A set that is not avoided, of as many others as endorse beside the own hospital, or of one more where that cannot;
   * undefined when there is none, or too few hospitals.
   */
  draw(others: readonly MspId[], { withoutOwn = false } = {}): readonly MspId[] | undefined {
    const size = withoutOwn ? this.#needed + 1 : this.#needed;
    if (this.#needed === 0 || others.length < size) return undefined;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const set = this.#shuffled(others).slice(0, size).sort();
      if (!this.#isAvoided(set)) return set;
    }
    return undefined;
  }

  /** Names hospitals from now on: an endorsement was slow, or another hospital's peer refused or failed. */
  beWary(): void {
    this.#waryUntilMs = this.#surroundings.nowMs() + WARY_MS;
  }

  /**
   * A transaction had enough true endorsements, these others' beside the own one. A set that endorsed slowly, or whose
   * transaction conflicted, is asked by chance only: an endorser can cause a conflict on purpose.
   */
  endorsed(others: readonly MspId[], { isGood, asked }: Valid): void {
    this.#plan(others.length, asked);
    const set = [...others].sort();
    const isWary = this.#surroundings.nowMs() < this.#waryUntilMs;
    if (!isGood) this.#good = undefined;
    else if (isWary && !this.#isAvoided(set)) this.#good = set;
  }

  /** A transaction of so many endorsements was invalid without a conflict; `asked` are the others that were named, if any. */
  spoiled(endorsements: number, asked: readonly MspId[] | undefined): void {
    this.#plan(endorsements - 1, asked);
    this.beWary();
    this.#good = undefined;
    if (asked !== undefined) this.avoid(asked);
  }

  /** Passes a set over for ten minutes: it gave no valid transaction, or a slow one. */
  avoid(asked: readonly MspId[]): void {
    this.#good = undefined;
    this.#avoided.set(keyOf(asked), this.#surroundings.nowMs() + WARY_MS);
  }

  /** Only the own peer's choice says how many endorse by its present rule; a named set may come from before a change. */
  #plan(others: number, asked: readonly MspId[] | undefined): void {
    if (asked === undefined && others > 0) this.#needed = others;
  }

  #isAvoided(set: readonly MspId[]): boolean {
    const key = keyOf(set);
    const untilMs = this.#avoided.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#surroundings.nowMs()) return true;
    this.#avoided.delete(key);
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
