// SPDX-License-Identifier: Apache-2.0

/** Something that is to be done, and the hospitals on whose account it is. */
export interface Planned<T> {
  readonly step: T;
  readonly authors: readonly string[];
}

/**
 * At most so many of the steps. Authors take turns, for each can name parts without end; of one author each step is as
 * likely as another, and who names the parts of another spends turns of its own on them. `chance` is uniform in [0, 1).
 */
export function inTurns<T>(planned: readonly Planned<T>[], most: number, chance: () => number): readonly T[] {
  const shuffled = planned.map((one) => ({ ...one, rank: chance() })).sort((a, b) => a.rank - b.rank);
  const named = shuffled.flatMap(({ step, authors }) => authors.map((author) => ({ step, author })));
  const ordered = [...Map.groupBy(named, ({ author }) => author).values()]
    .flatMap((own) => own.map(({ step }, turn) => ({ step, turn })))
    .sort((a, b) => a.turn - b.turn);
  return [...new Set(ordered.map(({ step }) => step))].slice(0, most);
}
