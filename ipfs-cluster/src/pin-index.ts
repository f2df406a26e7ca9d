// SPDX-License-Identifier: Apache-2.0
import { chmodSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A pin with the multihashes of all blocks that it reaches. */
export interface IndexedPin {
  readonly pin: string;
  readonly blocks: readonly string[];
}

/** A pin that reaches a block, with its place among them. */
export interface ReachingPin {
  readonly id: number;
  readonly pin: string;
}

const BUSY_TIMEOUT_MS = 5_000;
const PAGE = 1_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS pin (id INTEGER PRIMARY KEY, cid TEXT NOT NULL UNIQUE, noted INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS reach (
    block BLOB NOT NULL, pin INTEGER NOT NULL REFERENCES pin ON DELETE CASCADE, PRIMARY KEY (block, pin)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS reach_by_pin ON reach (pin);
  CREATE TABLE IF NOT EXISTS going (part TEXT NOT NULL, block TEXT NOT NULL, PRIMARY KEY (part, block)) WITHOUT ROWID;
`;

/**
 * By block, the pins of a node that reach it; and of parts that are being removed, which blocks are to go. What a pin
 * reaches never changes, so a pin is read once. One SQLite file, 0600; `:memory:` gives an index for a test.
 */
export class PinIndex {
  readonly #db: DatabaseSync;
  readonly #reaching: StatementSync;
  #noted: number;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    if (path !== ':memory:') chmodSync(path, 0o600);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.#db.exec(TABLES);
    this.#reaching = this.#db.prepare(
      `SELECT pin.id AS id, cid FROM reach JOIN pin ON pin.id = reach.pin
       WHERE block = ? AND reach.pin > ? ORDER BY reach.pin LIMIT ?`,
    );
    this.#noted = Number(
      this.#db.prepare('SELECT coalesce(max(noted), 0) AS noted FROM pin').get()?.['noted'],
    );
  }

  /** An instant in the order of all notes: later than each that was made, and not later than one that will be. */
  now(): number {
    return this.#noted + 1;
  }

  /** Notes pins: all of them, or none. */
  note(pins: readonly IndexedPin[]): void {
    const put = this.#db.prepare(
      'INSERT INTO pin (cid, noted) VALUES (?, ?) ON CONFLICT (cid) DO UPDATE SET noted = excluded.noted RETURNING id',
    );
    const reach = this.#db.prepare('INSERT OR IGNORE INTO reach (block, pin) VALUES (?, ?)');
    this.#atomically(() => {
      for (const { pin, blocks } of pins) {
        this.#noted += 1;
        const id = put.get(pin, this.#noted)?.['id'] ?? null;
        for (const block of blocks) reach.run(Buffer.from(block, 'hex'), id);
      }
    });
  }

  /**
   * Compares the index with a list of all pins that began at the instant `since`: answers those that the index lacks, and
   * forgets what is not pinned any more. What was noted since then may be missing in the list, and stays.
   */
  async compare(pins: ReadonlySet<string>, since: number): Promise<readonly string[]> {
    const unknown = new Set(pins);
    const page = this.#db.prepare('SELECT id, cid, noted FROM pin WHERE id > ? ORDER BY id LIMIT ?');
    const forget = this.#db.prepare('DELETE FROM pin WHERE id = ? AND noted < ?');
    for (let last = 0; ;) {
      const rows = page.all(last, PAGE);
      const stale = rows.filter(({ cid }) => !unknown.delete(String(cid)));
      if (stale.length > 0)
        this.#atomically(() => {
          for (const { id } of stale) forget.run(Number(id), since);
        });
      const end = rows.at(-1);
      if (end === undefined) return [...unknown];
      last = Number(end['id']);
      // The page is long enough to keep others waiting.
      await nextTurn();
    }
  }

  /** Forgets a pin, unless it was noted at an instant or since. */
  forget(pin: string, since = this.now()): void {
    this.#db.prepare('DELETE FROM pin WHERE cid = ? AND noted < ?').run(pin, since);
  }

  /** Tells whether the index knows what a pin reaches. */
  has(pin: string): boolean {
    return this.#db.prepare('SELECT 1 FROM pin WHERE cid = ?').get(pin) !== undefined;
  }

  /** At most so many of the pins that reach a block, in the order in which they were noted first, after one of them. */
  reaching(block: string, after: number, most: number): readonly ReachingPin[] {
    const rows = this.#reaching.all(Buffer.from(block, 'hex'), after, most);
    return rows.map(({ id, cid }) => ({ id: Number(id), pin: String(cid) }));
  }

  /** The blocks that a pin reaches; none where the index does not know it. */
  blocksOf(pin: string): readonly string[] {
    const found = this.#db.prepare('SELECT block FROM reach JOIN pin ON pin.id = reach.pin WHERE cid = ?');
    return found.all(pin).map(({ block }) => Buffer.from(block as Uint8Array).toString('hex'));
  }

  /** Notes which blocks of a part are to go, before the first of them goes. */
  noteGoing(part: string, blocks: readonly string[]): void {
    const put = this.#db.prepare('INSERT OR IGNORE INTO going (part, block) VALUES (?, ?)');
    this.#atomically(() => {
      for (const block of blocks) put.run(part, block);
    });
  }

  /** The blocks of a part that were noted to go. */
  going(part: string): readonly string[] {
    const found = this.#db.prepare('SELECT block FROM going WHERE part = ?').all(part);
    return found.map(({ block }) => String(block));
  }

  /** Forgets the blocks of a part that is gone. */
  forgetGoing(part: string): void {
    this.#db.prepare('DELETE FROM going WHERE part = ?').run(part);
  }

  close(): void {
    this.#db.close();
  }

  #atomically(change: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      change();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}
