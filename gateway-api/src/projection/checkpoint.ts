// SPDX-License-Identifier: Apache-2.0
import { textOf } from '../state/columns.js';
import type { State } from '../state/open-state.js';

/** How far a follower of the ledger has come; saved after handling, so that nothing is skipped. */
export class Checkpoint {
  readonly #state: State;
  readonly #name: string;

  constructor(state: State, name: string) {
    this.#state = state;
    this.#name = name;
    state.exec('CREATE TABLE IF NOT EXISTS checkpoint (name TEXT PRIMARY KEY, place TEXT NOT NULL)');
  }

  read(): string | undefined {
    const row = this.#state.prepare('SELECT place FROM checkpoint WHERE name = ?').get(this.#name);
    return row === undefined ? undefined : textOf(row['place']);
  }

  save(place: string): void {
    this.#state
      .prepare('INSERT OR REPLACE INTO checkpoint (name, place) VALUES (?, ?)')
      .run(this.#name, place);
  }
}
