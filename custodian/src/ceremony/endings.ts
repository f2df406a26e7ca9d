// SPDX-License-Identifier: Apache-2.0
import type { Finality, Witnesses } from '../freshness/finality.js';

type Ending = Readonly<{ height: number; witnesses: Witnesses }>;

/** The ends of ceremonies and epochs that the own peer has shown, until they are final. */
export class Endings {
  readonly #finality: Finality;
  readonly #awaited = new Map<string, Ending>();

  constructor(finality: Finality) {
    this.#finality = finality;
  }

  /** Whether an end that was just read from the own peer is final for a set; if not, it is awaited. */
  async isFinal(name: string, witnesses: Witnesses): Promise<boolean> {
    const known = this.#awaited.get(name);
    const height = known?.height ?? (await this.#finality.seenHeight());
    const isFinal = this.#finality.isFinal(height, witnesses);
    if (isFinal) this.#awaited.delete(name);
    else this.#awaited.set(name, { height, witnesses });
    return isFinal;
  }

  /** Whether an end was read already that is not final yet: until it is, nothing is to be done about it. */
  isAwaited(name: string): boolean {
    const known = this.#awaited.get(name);
    return known !== undefined && !this.#finality.isFinal(known.height, known.witnesses);
  }

  /** Calls back when what is awaited has become final, until the returned function is called. */
  onFinal(listener: () => void): () => void {
    return this.#finality.changes(() => {
      const ends = [...this.#awaited.values()];
      if (ends.some(({ height, witnesses }) => this.#finality.isFinal(height, witnesses))) listener();
    });
  }
}
