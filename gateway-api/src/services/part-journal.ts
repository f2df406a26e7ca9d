// SPDX-License-Identifier: Apache-2.0
import type { RecordId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, hasTable, type State, type Statement } from '../state/open-state.js';
import { blockName, type StoredPart } from '../storage/storage.js';
import type { ContentPlace } from './content-index.js';

/** A part that this gateway stored, for which record version, and since when. */
export type JournalledPart = Readonly<{
  cid: string;
  blocks: readonly string[];
  recordId: string;
  version: number;
  addedAtMs: number;
  /** When its registration was ordered last, by the own clock. */
  orderedAtMs?: number;
}>;

const TABLES = `
  CREATE TABLE IF NOT EXISTS part (
    cid TEXT PRIMARY KEY, blocks TEXT NOT NULL, record TEXT NOT NULL, version INTEGER NOT NULL,
    added_at INTEGER NOT NULL, registered INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS part_of_record ON part (record, version);
  CREATE INDEX IF NOT EXISTS part_unregistered ON part (cid) WHERE registered = 0;
  CREATE TABLE IF NOT EXISTS part_block (
    cid TEXT NOT NULL, block TEXT NOT NULL, PRIMARY KEY (cid, block)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS part_of_block ON part_block (block);
  CREATE TABLE IF NOT EXISTS part_order (cid TEXT PRIMARY KEY, ordered_at INTEGER NOT NULL) WITHOUT ROWID;
`;

const PARTS = 'SELECT * FROM part LEFT JOIN part_order USING (cid)';

/**
 * Every part that this gateway pinned, noted right after the pin: what a store that ended early leaves is found here, and
 * so are the blocks of a record that is erased after its manifest was purged.
 */
export class PartJournal {
  readonly #state: State;
  readonly #findOther: Statement;
  readonly #findUnregistered: Statement;

  constructor(state: State) {
    this.#state = state;
    atomically(state, () => {
      const isNamed = hasTable(state, 'part_block');
      state.exec(TABLES);
      if (!isNamed) nameBlocks(state);
    });
    const stored = 'SELECT 1 AS found FROM part_block JOIN part USING (cid) WHERE block = ?';
    this.#findOther = state.prepare(`${stored} AND record <> ? LIMIT 1`);
    this.#findUnregistered = state.prepare(`${stored} AND registered = 0 LIMIT 1`);
  }

  added(part: StoredPart, of: Readonly<{ recordId: string; version: number }>, nowMs: number): void {
    const insert =
      'INSERT OR REPLACE INTO part (cid, blocks, record, version, added_at, registered) VALUES (?, ?, ?, ?, ?, 0)';
    const name = this.#state.prepare('INSERT OR IGNORE INTO part_block (cid, block) VALUES (?, ?)');
    atomically(this.#state, () => {
      this.#state.prepare(insert).run(part.cid, JSON.stringify(part.blocks), of.recordId, of.version, nowMs);
      for (const block of [part.cid, ...part.blocks]) name.run(part.cid, blockName(block));
    });
  }

  /** Notes when the registration of parts is about to be ordered; false if one was given up, or added before an instant. */
  order(cids: readonly string[], nowMs: number, addedSinceMs: number): boolean {
    const find = this.#state.prepare('SELECT 1 AS found FROM part WHERE cid = ? AND added_at >= ?');
    const note = this.#state.prepare('INSERT OR REPLACE INTO part_order (cid, ordered_at) VALUES (?, ?)');
    return atomically(this.#state, () => {
      if (cids.some((cid) => find.get(cid, addedSinceMs) === undefined)) return false;
      for (const cid of cids) note.run(cid, nowMs);
      return true;
    });
  }

  /** When the registration of a part, and of all of its version, was ordered last, unless it is known to be committed. */
  orderedAt(cid: string): number | undefined {
    const row = this.#state.prepare('SELECT ordered_at FROM part_order WHERE cid = ?').get(cid);
    return row && numberOf(row['ordered_at']);
  }

  registered(cids: readonly string[]): void {
    const changes = ['UPDATE part SET registered = 1 WHERE cid = ?', 'DELETE FROM part_order WHERE cid = ?'];
    const statements = changes.map((change) => this.#state.prepare(change));
    atomically(this.#state, () => {
      for (const cid of cids) for (const statement of statements) statement.run(cid);
    });
  }

  forget(cids: readonly string[]): void {
    const removals = ['part', 'part_block', 'part_order'].map((table) =>
      this.#state.prepare(`DELETE FROM ${table} WHERE cid = ?`),
    );
    atomically(this.#state, () => {
      for (const cid of cids) for (const remove of removals) remove.run(cid);
    });
  }

  ofRecord(recordId: RecordId): readonly JournalledPart[] {
    return this.#state.prepare(`${PARTS} WHERE record = ?`).all(recordId).map(partOf);
  }

  ofVersion(recordId: RecordId, version: number): readonly JournalledPart[] {
    return this.ofRecord(recordId).filter((part) => part.version === version);
  }

  /** The versions of a record that this gateway stored and knows to be registered: it has all parts of each. */
  registeredVersions(recordId: RecordId): readonly number[] {
    return this.#state
      .prepare('SELECT DISTINCT version FROM part WHERE record = ? AND registered = 1')
      .all(recordId)
      .map((row) => numberOf(row['version']));
  }

  /** How many parts this gateway stored for a record, or for one version of it. */
  countOf({ recordId, version }: ContentPlace): number {
    const row = this.#state
      .prepare('SELECT COUNT(*) AS parts FROM part WHERE record = ? AND (? IS NULL OR version = ?)')
      .get(recordId, version ?? null, version ?? null);
    return numberOf(row?.['parts']);
  }

  /** Whether this gateway stored a block, by its name, for another record. */
  isOfOther(block: string, recordId: RecordId): boolean {
    return this.#findOther.get(block, recordId) !== undefined;
  }

  /** Whether a block, by its name, is of a store or upload that is not known to be registered. */
  isOfUnregistered(block: string): boolean {
    return this.#findUnregistered.get(block) !== undefined;
  }

  /** At most so many parts of stores and uploads that are not known to be registered, in their order after one. */
  unregisteredAfter(cid: string, most: number): readonly string[] {
    return this.#state
      .prepare('SELECT cid FROM part WHERE registered = 0 AND cid > ? ORDER BY cid LIMIT ?')
      .all(cid, most)
      .map((row) => textOf(row['cid']));
  }

  /** The version that a part was stored for, if that is not known to be registered. */
  unregisteredVersionOf(cid: string): Pick<JournalledPart, 'recordId' | 'version'> | undefined {
    const row = this.#state
      .prepare('SELECT record, version FROM part WHERE cid = ? AND registered = 0')
      .get(cid);
    return row && { recordId: textOf(row['record']), version: numberOf(row['version']) };
  }

  /** Parts added before the instant of which no registration is known. */
  unregisteredBefore(ms: number): readonly JournalledPart[] {
    return this.#state.prepare(`${PARTS} WHERE registered = 0 AND added_at < ?`).all(ms).map(partOf);
  }
}

function partOf(row: Record<string, unknown>): JournalledPart {
  return {
    cid: textOf(row['cid']),
    blocks: JSON.parse(textOf(row['blocks'])) as readonly string[],
    recordId: textOf(row['record']),
    version: numberOf(row['version']),
    addedAtMs: numberOf(row['added_at']),
    ...(row['ordered_at'] !== null && { orderedAtMs: numberOf(row['ordered_at']) }),
  };
}

/** Names the blocks of the parts that an earlier version wrote without their names. */
function nameBlocks(state: State): void {
  state.function('block_name', { deterministic: true }, (cid) => blockName(textOf(cid)));
  state.exec(`INSERT OR IGNORE INTO part_block (cid, block)
    SELECT cid, block_name(cid) FROM part UNION SELECT cid, block_name(value) FROM part, json_each(blocks)`);
}
