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
  const lines = new Map<string, T[]>();
  for (const { step, authors } of shuffled(planned, chance))
    for (const author of authors) {
      const line = lines.get(author);
      if (line === undefined) lines.set(author, [step]);
      else line.push(step);
    }
  const taken = new Set<T>();
  for (let turn = 0, left = [...lines.values()]; left.length > 0 && taken.size < most; turn += 1) {
    for (const line of left) for (const step of line.slice(turn, turn + 1)) taken.add(step);
    left = left.filter((line) => line.length > turn + 1);
  }
  return [...taken].slice(0, most);
}

function shuffled<T>(items: readonly T[], chance: () => number): readonly T[] {
  const all = [...items];
  for (const [index, item] of all.entries()) {
    const other = Math.floor(chance() * (index + 1));
    const moved = all[other];
    if (moved === undefined) continue;
    all[index] = moved;
    all[other] = item;
  }
  return all;
}
