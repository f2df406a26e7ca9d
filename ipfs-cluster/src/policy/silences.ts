// SPDX-License-Identifier: Apache-2.0

/** How long a hospital may be away before another holds a part in its place: longer than a restart takes. */
const PATIENCE_MS = 5 * 60_000;

/** Since when hospitals have been silent, as one run of repair after the other finds them. */
export class Silences {
  #since: ReadonlyMap<string, number> = new Map();

  /** Records the hospitals that a run found silent; the others answered, or were not asked. */
  note(silent: readonly string[], nowMs: number): void {
    this.#since = new Map(silent.map((hospital) => [hospital, this.#since.get(hospital) ?? nowMs]));
  }

  /** The hospitals that repair waits for no longer. */
  givenUp(nowMs: number): readonly string[] {
    return [...this.#since].filter(([, since]) => nowMs - since >= PATIENCE_MS).map(([hospital]) => hospital);
  }
}
