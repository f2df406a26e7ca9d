// SPDX-License-Identifier: Apache-2.0
import type { ContentPlace } from './content-index.js';
import type { Destruction } from './pending-destructions.js';

/** What is ordered to go, how many parts of it this hospital knows, and whether these are the parts of all its versions. */
export type PlannedDestruction = Readonly<{ ordered: Destruction; parts: number; isWhole: boolean }>;

/** What one round takes, first to last. */
export type Round = Readonly<{
  /** Those of which this hospital knows all parts. */
  whole: readonly PlannedDestruction[];
  others: readonly PlannedDestruction[];
}>;

/** How many are taken in one round, of those of which all parts are known and of the others, so that a round ends. */
const MAX_AT_ONCE = 200;
/** A round ends after the one with which it has taken off so many parts: each takes the node some time. */
const MAX_PARTS_AT_ONCE = 10_000;

/**
 * In which order destructions are taken. Any hospital can order many, so their authors take turns; of one author, what
 * failed comes last, the latest failure at the end, and before it what has the fewest parts.
 */
export class DestructionOrder {
  readonly #failedAtMs = new Map<string, number>();

  /** What the next round takes of all that is pending; what is not pending any more is forgotten. */
  take(pending: readonly PlannedDestruction[]): Round {
    const names = new Set(pending.map(({ ordered }) => nameOf(ordered.place)));
    for (const name of this.#failedAtMs.keys()) if (!names.has(name)) this.#failedAtMs.delete(name);
    return {
      whole: inOneRound(this.#inTurns(pending.filter(({ isWhole }) => isWhole))),
      others: inOneRound(this.#inTurns(pending.filter(({ isWhole }) => !isWhole))),
    };
  }

  failed({ place }: Destruction, nowMs: number): void {
    this.#failedAtMs.set(nameOf(place), nowMs);
  }

  #inTurns(all: readonly PlannedDestruction[]): readonly PlannedDestruction[] {
    const byAuthor = [...Map.groupBy(all, ({ ordered }) => ordered.author).values()];
    const turns = byAuthor.flatMap((own) =>
      own
        .toSorted((one, other) => this.#failure(one) - this.#failure(other) || bySize(one, other))
        .map((planned, turn) => ({ planned, turn })),
    );
    return turns
      .toSorted((one, other) => one.turn - other.turn || bySize(one.planned, other.planned))
      .map(({ planned }) => planned);
  }

  #failure({ ordered }: PlannedDestruction): number {
    return this.#failedAtMs.get(nameOf(ordered.place)) ?? 0;
  }
}

function inOneRound(ordered: readonly PlannedDestruction[]): readonly PlannedDestruction[] {
  const taken: PlannedDestruction[] = [];
  let parts = 0;
  for (const planned of ordered.slice(0, MAX_AT_ONCE)) {
    if (parts >= MAX_PARTS_AT_ONCE) break;
    taken.push(planned);
    parts += planned.parts;
  }
  return taken;
}

function bySize(one: PlannedDestruction, other: PlannedDestruction): number {
  return one.parts - other.parts;
}

function nameOf({ recordId, version }: ContentPlace): string {
  return `${recordId}@${version ?? 'all'}`;
}
