// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, hasTable, type State } from '../state/open-state.js';
import { inBatches } from '../storage/storage.js';

/** So many lines are read or written in one piece. */
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
    if (!hasTable(state, 'unreferenced_list')) countLists(state);
  }

  /**
   * Takes a complete list that began at an instant, in pieces: what is new was not there when the list before began, and
   * what is missing is forgotten. Lists may overlap.
   */
  async list(
    cids: AsyncIterable<string> | Iterable<string>,
    beganAtMs: number,
    nowMs: () => number,
  ): Promise<void> {
    const before = this.#lastListedAtMs();
    const list = this.#nextList();
    const upsert = this.#state.prepare(`INSERT INTO unreferenced (cid, seen_at, came_after, listed)
      VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET listed = MAX(listed, excluded.listed)`);
    for await (const piece of inBatches(cids, PIECE))
      atomically(this.#state, () => {
        for (const cid of piece) upsert.run(cid, nowMs(), before, list);
      });
    await this.#forgetBefore(list);
    atomically(this.#state, () => {
      this.#state.exec('DELETE FROM unreferenced_failure WHERE cid NOT IN (SELECT cid FROM unreferenced)');
      this.#state
        .prepare('INSERT OR REPLACE INTO unreferenced_listing (id, at) VALUES (1, ?)')
        .run(beganAtMs);
    });
  }

  /** All that the last list had, in pieces and in no order that says anything. */
  async *pieces(): AsyncGenerator<readonly Unreferenced[], void, undefined> {
    const next = this.#state.prepare(
      `SELECT unreferenced.*, COALESCE(at, 0) AS failed_at FROM unreferenced
       LEFT JOIN unreferenced_failure USING (cid) WHERE cid > ? ORDER BY cid LIMIT ?`,
    );
    const after = (cid: string): readonly Unreferenced[] =>
      next.all(cid, PIECE).map((row) => ({
        cid: textOf(row['cid']),
        seenAtMs: numberOf(row['seen_at']),
        cameAfterMs: numberOf(row['came_after']),
        failedAtMs: numberOf(row['failed_at']),
      }));
    for (let piece = after(''), last = piece.at(-1); last !== undefined; last = piece.at(-1)) {
      yield piece;
      await nextTurn();
      piece = after(last.cid);
    }
  }

  /** A removal failed: those that did not fail, or earlier, go before it. */
  failed(cid: string, nowMs: number): void {
    const insert = 'INSERT OR REPLACE INTO unreferenced_failure (cid, at) VALUES (?, ?)';
    this.#state.prepare(insert).run(cid, nowMs);
  }

  /** Forgets, in pieces, what no list has had since one. */
  async #forgetBefore(list: number): Promise<void> {
    const endOfPiece = this.#state.prepare(
      'SELECT cid FROM unreferenced WHERE cid > ? ORDER BY cid LIMIT 1 OFFSET ?',
    );
    const remove = this.#state.prepare('DELETE FROM unreferenced WHERE cid > ? AND cid <= ? AND listed < ?');
    for (let after = ''; ;) {
      const end = endOfPiece.get(after, PIECE)?.['cid'];
      if (end === undefined) {
        this.#state.prepare('DELETE FROM unreferenced WHERE cid > ? AND listed < ?').run(after, list);
        return;
      }
      remove.run(after, end, list);
      after = textOf(end);
      await nextTurn();
    }
  }

  #nextList(): number {
    const row = this.#state
      .prepare('UPDATE unreferenced_list SET number = number + 1 RETURNING number')
      .get();
    return numberOf(row?.['number']);
  }

  #lastListedAtMs(): number {
    const row = this.#state.prepare('SELECT at FROM unreferenced_listing').get();
    return row === undefined ? 0 : numberOf(row['at']);
  }
}

/** Counts lists from the last one that an earlier version wrote. */
function countLists(state: State): void {
  atomically(state, () => {
    state.exec(`CREATE TABLE unreferenced_list (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
      INSERT INTO unreferenced_list (id, number) SELECT 1, COALESCE(MAX(listed), 0) FROM unreferenced`);
  });
}
