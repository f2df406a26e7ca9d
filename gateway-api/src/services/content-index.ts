// SPDX-License-Identifier: Apache-2.0
import type { PinnedVersion, RecordId } from '@tutela/chaincode/domain';
import { textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';

/** A record, or one version of it. */
export type ContentPlace = Readonly<{ recordId: RecordId; version?: number }>;

/**
 * Which parts each record version names, read from the own ledger while it was live: an erasure purges the manifest,
 * and this hospital must then know by itself which blocks are to go. Also, what of them it has already removed.
 */
export class ContentIndex {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS content (
      record TEXT NOT NULL, version INTEGER NOT NULL, cid TEXT NOT NULL,
      PRIMARY KEY (record, version, cid)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS content_noted (
      record TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (record, version)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS content_of_part ON content (cid);
      CREATE TABLE IF NOT EXISTS leaving (
      record TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (record, version)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS removed_block (
      record TEXT NOT NULL, version INTEGER NOT NULL, block TEXT NOT NULL,
      PRIMARY KEY (record, version, block)) WITHOUT ROWID`);
  }

  /** Notes what a version names; `atMs` is the instant, by the own clock. Answers whether that is new. */
  note({ recordId, version, cids = [] }: Omit<PinnedVersion, 'author'>, atMs: number): boolean {
    if (cids.length === 0 || this.#isNoted(recordId, version)) return false;
    const insert = this.#state.prepare(
      'INSERT OR IGNORE INTO content (record, version, cid) VALUES (?, ?, ?)',
    );
    atomically(this.#state, () => {
      for (const cid of cids) insert.run(recordId, version, cid);
      this.#state
        .prepare('INSERT OR IGNORE INTO content_noted (record, version, at) VALUES (?, ?, ?)')
        .run(recordId, version, atMs);
    });
    return true;
  }

  /** When this hospital first knew that a place names a part, by the own clock; Infinity where it does not. */
  notedAtMs({ recordId, version }: ContentPlace, cid: string): number {
    const first = this.#state
      .prepare(
        `SELECT MIN(COALESCE(at, 0)) AS first FROM content LEFT JOIN content_noted USING (record, version)
         WHERE record = ? AND (? IS NULL OR version = ?) AND cid = ?`,
      )
      .get(recordId, version ?? null, version ?? null, cid)?.['first'];
    return typeof first === 'number' ? first : Infinity;
  }

  partsOf({ recordId, version }: ContentPlace): readonly string[] {
    return this.#state
      .prepare('SELECT DISTINCT cid FROM content WHERE record = ? AND (? IS NULL OR version = ?)')
      .all(recordId, version ?? null, version ?? null)
      .map((row) => textOf(row['cid']));
  }

  /** Whether a version names the part that is not ordered to go. */
  names(cid: string): boolean {
    const row = this.#state
      .prepare(
        `SELECT 1 AS found FROM content WHERE cid = ? AND NOT EXISTS (SELECT 1 FROM leaving
         WHERE leaving.record = content.record AND leaving.version IN (?, content.version)) LIMIT 1`,
      )
      .get(cid, ALL_VERSIONS);
    return row !== undefined;
  }

  /** Notes that a place is ordered to go: from now on it names nothing. */
  leave({ recordId, version = ALL_VERSIONS }: ContentPlace): void {
    this.#state
      .prepare('INSERT OR IGNORE INTO leaving (record, version) VALUES (?, ?)')
      .run(recordId, version);
  }

  /** Notes blocks that were removed here, so that a removal in several tries is reported whole. */
  noteRemoved({ recordId, version = ALL_VERSIONS }: ContentPlace, blocks: readonly string[]): void {
    const insert = this.#state.prepare(
      'INSERT OR IGNORE INTO removed_block (record, version, block) VALUES (?, ?, ?)',
    );
    atomically(this.#state, () => {
      for (const block of blocks) insert.run(recordId, version, block);
    });
  }

  removedFrom({ recordId, version = ALL_VERSIONS }: ContentPlace): readonly string[] {
    return this.#state
      .prepare('SELECT block FROM removed_block WHERE record = ? AND version = ? ORDER BY block')
      .all(recordId, version)
      .map((row) => textOf(row['block']));
  }

  forget({ recordId, version }: ContentPlace): void {
    atomically(this.#state, () => {
      for (const table of ['content', 'content_noted'])
        this.#state
          .prepare(`DELETE FROM ${table} WHERE record = ? AND (? IS NULL OR version = ?)`)
          .run(recordId, version ?? null, version ?? null);
      for (const table of ['removed_block', 'leaving'])
        this.#state
          .prepare(`DELETE FROM ${table} WHERE record = ? AND version = ?`)
          .run(recordId, version ?? ALL_VERSIONS);
    });
  }

  #isNoted(recordId: RecordId, version: number): boolean {
    const row = this.#state
      .prepare('SELECT 1 AS found FROM content WHERE record = ? AND version = ? LIMIT 1')
      .get(recordId, version);
    return row !== undefined;
  }
}

/** Stands for an erasure, which takes every version; versions begin at 1. */
const ALL_VERSIONS = 0;
