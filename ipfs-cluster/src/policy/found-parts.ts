// SPDX-License-Identifier: Apache-2.0
import { inTurns } from './in-turns.js';
import { isHolder, type Place, type WishedPart } from './plan.js';

/** A wished part as a run at the own node found it. */
export interface FoundPart extends WishedPart {
  readonly order: readonly string[];
  /** Whether the own node holds it, also once that run has fetched it. */
  isHeld: boolean;
}

/** Where a part is to lie, as the hospital that looks at it sees that. */
export function placeOf({ order }: FoundPart, { own, copies }: Omit<Place, 'order'>): Place {
  return { order, own, copies };
}

/**
 * What runs at the own node found since the other hospitals were last asked. These runs go on while others take their time
 * for an answer: where they find more than is kept, it is drawn which stay, of authors in turns.
 */
export class FoundParts {
  readonly #most: number;
  readonly #chance: () => number;
  #byCid = new Map<string, FoundPart>();

  constructor(most: number, chance: () => number) {
    this.#most = most;
    this.#chance = chance;
  }

  /** Adds parts that this hospital holds or is to hold; of each what was found last counts. */
  add(parts: readonly FoundPart[], here: Omit<Place, 'order'>): void {
    for (const part of parts)
      if (part.isHeld || isHolder(placeOf(part, here))) this.#byCid.set(part.cid, part);
      else this.#byCid.delete(part.cid);
    if (this.#byCid.size <= this.#most) return;
    const planned = [...this.#byCid.values()].map((step) => ({ step, authors: step.authors }));
    const staying = inTurns(planned, this.#most, this.#chance);
    this.#byCid = new Map(staying.map((part) => [part.cid, part]));
  }

  /** Takes all out. */
  take(): readonly FoundPart[] {
    const parts = [...this.#byCid.values()];
    this.#byCid = new Map();
    return parts;
  }
}
