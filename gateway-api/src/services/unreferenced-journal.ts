// SPDX-License-Identifier: Apache-2.0
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';
import { inBatches } from '../storage/storage.js';

/** So many lines are written in one piece. */
const PIECE = 250;

/**
 * A pin or block that no live record names. Times are by the own clock: when it was first seen, after
 * which it came, and when its removal last failed, or 0.
 */
export type Unreferenced = Readonly<{
  cid: string;
  seenAtMs: number;
  cameAfterMs: number;
  failedAtMs: number;
}>;

/** Since when each pin and block at this hospital has been without a live record that names it. */
export class UnreferencedJournal {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS unreferenced (
      cid TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, came_after INTEGER NOT NULL, listed INTEGER NOT NULL)
      WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS unreferenced_failure (cid TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS unreferenced_listing (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL)`);
  }

  /** Takes a complete list, in pieces: what is new was not there at the list before, and what is missing is forgotten. */
  async list(cids: Iterable<string>, nowMs: number): Promise<void> {
    const before = this.#lastListedAtMs();
    const list = this.#lastList() + 1;
    const upsert = this.#state.prepare(`INSERT INTO unreferenced (cid, seen_at, came_after, listed)
      VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET listed = MAX(listed, excluded.listed)`);
    for await (const piece of inBatches(cids, PIECE))
      atomically(this.#state, () => {
        for (const cid of piece) upsert.run(cid, nowMs, before, list);
      });
    atomically(this.#state, () => {
      this.#state.prepare('DELETE FROM unreferenced WHERE listed < ?').run(list);
      this.#state.exec('DELETE FROM unreferenced_failure WHERE cid NOT IN (SELECT cid FROM unreferenced)');
      this.#state.prepare('INSERT OR REPLACE INTO unreferenced_listing (id, at) VALUES (1, ?)').run(nowMs);
    });
  }

  /** All that the last list had, what was seen first first. */
  all(): readonly Unreferenced[] {
    return this.#state
      .prepare(
        `SELECT unreferenced.*, COALESCE(at, 0) AS failed_at FROM unreferenced
         LEFT JOIN unreferenced_failure USING (cid) ORDER BY seen_at, cid`,
      )
      .all()
      .map((row) => ({
        cid: textOf(row['cid']),
        seenAtMs: numberOf(row['seen_at']),
        cameAfterMs: numberOf(row['came_after']),
        failedAtMs: numberOf(row['failed_at']),
      }));
  }

  /** A removal failed: those that did not fail, or earlier, go before it. */
  failed(cid: string, nowMs: number): void {
    const insert = 'INSERT OR REPLACE INTO unreferenced_failure (cid, at) VALUES (?, ?)';
    this.#state.prepare(insert).run(cid, nowMs);
  }

  /** The number of the last list; lists may overlap. */
  #lastList(): number {
    const row = this.#state.prepare('SELECT COALESCE(MAX(listed), 0) AS list FROM unreferenced').get();
    return numberOf(row?.['list']);
  }

  #lastListedAtMs(): number {
    const row = this.#state.prepare('SELECT at FROM unreferenced_listing').get();
    return row === undefined ? 0 : numberOf(row['at']);
  }
}
