// SPDX-License-Identifier: Apache-2.0
import type { RecordId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';
import { blockName, type StoredPart } from '../storage/storage.js';

/** A part that this gateway stored, for which record version, and since when. */
export type JournalledPart = Readonly<{
  cid: string;
  blocks: readonly string[];
  recordId: string;
  version: number;
  addedAtMs: number;
}>;

/**
 * Every part that this gateway ever pinned, written before the pin: what a crash leaves behind is found here, and
 * so are the blocks of a record that is erased after its manifest was purged.
 */
export class PartJournal {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS part (
      cid TEXT PRIMARY KEY, blocks TEXT NOT NULL, record TEXT NOT NULL, version INTEGER NOT NULL,
      added_at INTEGER NOT NULL, registered INTEGER NOT NULL DEFAULT 0);
      CREATE INDEX IF NOT EXISTS part_of_record ON part (record, version)`);
  }

  added(part: StoredPart, of: Readonly<{ recordId: string; version: number }>, nowMs: number): void {
    const insert =
      'INSERT OR REPLACE INTO part (cid, blocks, record, version, added_at, registered) VALUES (?, ?, ?, ?, ?, 0)';
    this.#state.prepare(insert).run(part.cid, JSON.stringify(part.blocks), of.recordId, of.version, nowMs);
  }

  registered(cids: readonly string[]): void {
    const update = this.#state.prepare('UPDATE part SET registered = 1 WHERE cid = ?');
    atomically(this.#state, () => {
      for (const cid of cids) update.run(cid);
    });
  }

  forget(cids: readonly string[]): void {
    const remove = this.#state.prepare('DELETE FROM part WHERE cid = ?');
    atomically(this.#state, () => {
      for (const cid of cids) remove.run(cid);
    });
  }

  ofRecord(recordId: RecordId): readonly JournalledPart[] {
    return this.#state.prepare('SELECT * FROM part WHERE record = ?').all(recordId).map(partOf);
  }

  ofVersion(recordId: RecordId, version: number): readonly JournalledPart[] {
    return this.ofRecord(recordId).filter((part) => part.version === version);
  }

  /** The names of all blocks that this gateway stored for other records. */
  blocksOfOthers(recordId: RecordId): ReadonlySet<string> {
    const rows = this.#state.prepare('SELECT * FROM part WHERE record <> ?').all(recordId).map(partOf);
    return new Set(rows.flatMap(({ cid, blocks }) => [cid, ...blocks]).map(blockName));
  }

  /** Parts of stores and uploads that are not known to be registered. */
  unregistered(): readonly string[] {
    return this.#state
      .prepare('SELECT cid FROM part WHERE registered = 0')
      .all()
      .map((row) => textOf(row['cid']));
  }

  /** Whether a part is of a store or upload that is not known to be registered. */
  isUnregistered(cid: string): boolean {
    return (
      this.#state.prepare('SELECT 1 AS found FROM part WHERE cid = ? AND registered = 0').get(cid) !==
      undefined
    );
  }

  /** Parts added before the instant of which no registration is known. */
  unregisteredBefore(ms: number): readonly JournalledPart[] {
    return this.#state
      .prepare('SELECT * FROM part WHERE registered = 0 AND added_at < ?')
      .all(ms)
      .map(partOf);
  }
}

function partOf(row: Record<string, unknown>): JournalledPart {
  return {
    cid: textOf(row['cid']),
    blocks: JSON.parse(textOf(row['blocks'])) as readonly string[],
    recordId: textOf(row['record']),
    version: numberOf(row['version']),
    addedAtMs: numberOf(row['added_at']),
  };
}
