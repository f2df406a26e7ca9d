// SPDX-License-Identifier: Apache-2.0
import { mspId, type MspId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';

/** For which hospital a copy is kept, and since when, by the own clock. */
export type KeptFor = Readonly<{ hospital: MspId; sinceMs: number }>;

/** Copies that are kept for other hospitals and that no record names yet, written before the pin. */
export class CopyJournal {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS copy (
      cid TEXT PRIMARY KEY, hospital TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS copy_of_hospital ON copy (hospital)`);
  }

  /** Notes a copy unless it is there: who asked first counts. Answers whether it is new; null where the hospital has `most`. */
  note(cid: string, { hospital, sinceMs }: KeptFor, most: number): boolean | null {
    return atomically(this.#state, () => {
      if (this.of(cid) !== undefined) return false;
      if (this.#countOf(hospital) >= most) return null;
      this.#state
        .prepare('INSERT INTO copy (cid, hospital, since) VALUES (?, ?, ?)')
        .run(cid, hospital, sinceMs);
      return true;
    });
  }

  of(cid: string): KeptFor | undefined {
    const row = this.#state.prepare('SELECT hospital, since FROM copy WHERE cid = ?').get(cid);
    if (row === undefined) return undefined;
    return { hospital: mspId(textOf(row['hospital']), 'hospital'), sinceMs: numberOf(row['since']) };
  }

  forget(cid: string): void {
    this.#state.prepare('DELETE FROM copy WHERE cid = ?').run(cid);
  }

  /** Forgets the copies from before an instant that are not kept any more, or that a record names. */
  keepOnly(cids: ReadonlySet<string>, beforeMs: number): void {
    const rows = this.#state.prepare('SELECT cid FROM copy WHERE since < ?').all(beforeMs);
    const gone = rows.map((row) => textOf(row['cid'])).filter((cid) => !cids.has(cid));
    atomically(this.#state, () => {
      for (const cid of gone) this.forget(cid);
    });
  }

  #countOf(hospital: MspId): number {
    const row = this.#state.prepare('SELECT COUNT(*) AS copies FROM copy WHERE hospital = ?').get(hospital);
    return row === undefined ? 0 : numberOf(row['copies']);
  }
}
