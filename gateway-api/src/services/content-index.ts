// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mspId, type MspId, type PinnedVersion, type RecordId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, hasTable, type State, type Statement } from '../state/open-state.js';
import { blockName, inBatches } from '../storage/storage.js';

/** A record, or one version of it. */
export type ContentPlace = Readonly<{ recordId: RecordId; version?: number }>;

/** A part and all of its blocks. */
export type PartBlocks = Readonly<{ cid: string; blocks: readonly string[] }>;

/** A part in the order in which the parts of one hospital are gone through; the order begins before every part. */
export type ContentPosition = Readonly<{ version: number; cid: string }>;
export const BEGINNING: ContentPosition = { version: 0, cid: '' };

/** So many parts are noted or forgotten in one piece: authors choose how many a version names. */
const PIECE = 250;

/**
 * Which parts each record version names, read from the own ledger while it was live: an erasure purges the manifest,
 * and this hospital must then know by itself which blocks are to go. It also has the blocks that were removed already.
 * A part or block is looked up by key, and work on all parts of a version is done in pieces.
 */
export class ContentIndex {
  readonly #state: State;
  readonly #findBlock: Statement;
  readonly #findPart: Statement;
  readonly #findParts: Statement;
  readonly #findAuthors: Statement;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS named_version (
      id INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL, version INTEGER NOT NULL, author TEXT, at INTEGER NOT NULL,
      parts INTEGER NOT NULL, whole INTEGER NOT NULL, UNIQUE (record, version));
      CREATE INDEX IF NOT EXISTS named_version_of_author ON named_version (author, id);
      CREATE TABLE IF NOT EXISTS named_part (
      version_id INTEGER NOT NULL, cid TEXT NOT NULL, block TEXT NOT NULL,
      PRIMARY KEY (version_id, cid)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS named_part_of_block ON named_part (block);
      CREATE TABLE IF NOT EXISTS leaving (
      record TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (record, version)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS removed_block (
      record TEXT NOT NULL, version INTEGER NOT NULL, block TEXT NOT NULL,
      PRIMARY KEY (record, version, block)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS ordered_block (
      record TEXT NOT NULL, version INTEGER NOT NULL, cid TEXT NOT NULL, block TEXT NOT NULL,
      PRIMARY KEY (record, version, cid, block)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS gone (
      record TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (record, version)) WITHOUT ROWID`);
    if (hasTable(state, 'content')) takeOver(state);
    const named = `FROM named_part JOIN named_version ON id = version_id WHERE ${STAYS} AND block = ?`;
    this.#findBlock = state.prepare(`SELECT 1 AS found ${named} LIMIT 1`);
    this.#findPart = state.prepare(`SELECT 1 AS found ${named} AND cid = ? LIMIT 1`);
    this.#findParts = state.prepare(`SELECT DISTINCT cid ${named}`);
    this.#findAuthors = state.prepare(`SELECT DISTINCT author ${named} AND cid = ? AND author IS NOT NULL`);
  }

  /** Whether all that a version names is noted, and who registered it. */
  hasNoted(recordId: RecordId, version: number): boolean {
    const row = this.#state
      .prepare(
        `SELECT 1 AS found FROM named_version
         WHERE record = ? AND version = ? AND whole = 1 AND author IS NOT NULL`,
      )
      .get(recordId, version);
    return row !== undefined;
  }

  /** The versions of a record that are noted to their end, and those that are gone from here. */
  wholeVersions(recordId: RecordId): readonly number[] {
    return this.#state
      .prepare(
        `SELECT version FROM named_version WHERE record = ? AND whole = 1
         UNION SELECT version FROM gone WHERE record = ? AND version <> ?`,
      )
      .all(recordId, recordId, ALL_VERSIONS)
      .map((row) => numberOf(row['version']));
  }

  /** Notes what a version names, in pieces, unless it is gone; `atMs` is the instant, by the own clock. */
  async note({ recordId, version, author, cids = [] }: PinnedVersion, atMs: number): Promise<void> {
    if (cids.length === 0 || this.hasNoted(recordId, version) || this.#isAmong('gone', recordId, version))
      return;
    const row = this.#state
      .prepare(
        `INSERT INTO named_version (record, version, author, at, parts, whole) VALUES (?, ?, ?, ?, ?, 0)
         ON CONFLICT (record, version) DO UPDATE SET author = excluded.author RETURNING id`,
      )
      .get(recordId, version, author, atMs, cids.length);
    const id = numberOf(row?.['id']);
    // It may go meanwhile.
    const insert = this.#state.prepare(
      `INSERT OR IGNORE INTO named_part (version_id, cid, block)
       SELECT id, ?, ? FROM named_version WHERE id = ? AND NOT ${isIn('gone')}`,
    );
    for await (const piece of inBatches(cids, PIECE))
      atomically(this.#state, () => {
        for (const cid of piece) insert.run(cid, blockName(cid), id);
      });
    this.#state.prepare('UPDATE named_version SET whole = 1 WHERE id = ?').run(id);
  }

  /** When this hospital first knew that a place names a part, by the own clock; Infinity where it does not. */
  notedAtMs({ recordId, version }: ContentPlace, cid: string): number {
    const first = this.#state
      .prepare(
        `SELECT MIN(at) AS first FROM named_version JOIN named_part ON version_id = id
         WHERE record = ? AND (? IS NULL OR version = ?) AND cid = ?`,
      )
      .get(recordId, version ?? null, version ?? null, cid)?.['first'];
    return typeof first === 'number' ? first : Infinity;
  }

  /** How many parts a place names. */
  countOf({ recordId, version }: ContentPlace): number {
    const row = this.#state
      .prepare(
        `SELECT COALESCE(SUM(parts), 0) AS parts FROM named_version
         WHERE record = ? AND (? IS NULL OR version = ?)`,
      )
      .get(recordId, version ?? null, version ?? null);
    return numberOf(row?.['parts']);
  }

  /** The parts that a place names, in pieces; one that several versions name comes with each. */
  async *partsOf(place: ContentPlace): AsyncGenerator<readonly string[], void, undefined> {
    for (const id of this.#versionsOf(place)) yield* this.#partsOf(id);
  }

  /** Whether a version names the part that is not ordered to go. */
  names(cid: string): boolean {
    return this.#findPart.get(blockName(cid), cid) !== undefined;
  }

  /** The hospitals that registered what names the part and is not ordered to go. */
  authorsOf(cid: string): readonly MspId[] {
    return this.#findAuthors.all(blockName(cid), cid).map(authorOf);
  }

  /** Whether a version that is not ordered to go names the block, under any codec. */
  namesBlock(block: string): boolean {
    return this.#findBlock.get(block) !== undefined;
  }

  /** The parts that begin with the block, under any codec, and are not ordered to go. */
  partsOfBlock(block: string): readonly string[] {
    return this.#findParts.all(block).map((row) => textOf(row['cid']));
  }

  /** The hospitals that registered a version. */
  authors(): readonly MspId[] {
    const next = this.#state.prepare('SELECT MIN(author) AS author FROM named_version WHERE author > ?');
    const found: MspId[] = [];
    for (let row = next.get(''); typeof row?.['author'] === 'string'; row = next.get(found.at(-1) ?? ''))
      found.push(authorOf(row));
    return found;
  }

  /** At most so many of the parts that one hospital's versions name, after a position; fewer come at the end. */
  partsBy(author: MspId, { version, cid }: ContentPosition, most: number): readonly ContentPosition[] {
    const isHis = this.#state
      .prepare(`SELECT 1 AS found FROM named_version WHERE id = ? AND author = ? AND ${STAYS}`)
      .get(version, author);
    const rest = this.#state
      .prepare('SELECT version_id, cid FROM named_part WHERE version_id = ? AND cid > ? ORDER BY cid LIMIT ?')
      .all(version, cid, isHis === undefined ? 0 : most);
    // The order of this join is the order of both keys, so that nothing is sorted.
    const others = this.#state
      .prepare(
        `SELECT version_id, cid FROM named_version CROSS JOIN named_part ON version_id = id
         WHERE author = ? AND id > ? AND ${STAYS} ORDER BY id, cid LIMIT ?`,
      )
      .all(author, version, most - rest.length);
    return [...rest, ...others].map((row) => ({
      version: numberOf(row['version_id']),
      cid: textOf(row['cid']),
    }));
  }

  /** Notes in pieces that places are ordered to go: from now on, for ever, they name nothing. */
  async leave(places: readonly ContentPlace[]): Promise<void> {
    const insert = this.#state.prepare('INSERT OR IGNORE INTO leaving (record, version) VALUES (?, ?)');
    for await (const piece of inBatches(places, PIECE))
      atomically(this.#state, () => {
        for (const { recordId, version = ALL_VERSIONS } of piece) insert.run(recordId, version);
      });
  }

  /** Whether a version is ordered to go, or its record. */
  isLeaving({ recordId, version }: Readonly<{ recordId: string; version: number }>): boolean {
    return this.#isAmong('leaving', recordId, version);
  }

  /**
   * Notes blocks that lie here before the first of them goes, so that a removal in several tries is reported whole,
   * however each of them ends.
   */
  noteFound({ recordId, version = ALL_VERSIONS }: ContentPlace, blocks: readonly string[]): void {
    const insert = this.#state.prepare(
      'INSERT OR IGNORE INTO removed_block (record, version, block) VALUES (?, ?, ?)',
    );
    atomically(this.#state, () => {
      for (const block of blocks) insert.run(recordId, version, block);
    });
  }

  /**
   * Notes which blocks the parts have of a place that is ordered to go, before the first of them goes: each further try
   * knows them, although nothing is left that names them.
   */
  noteBlocks({ recordId, version = ALL_VERSIONS }: ContentPlace, parts: readonly PartBlocks[]): void {
    const insert = this.#state.prepare(
      'INSERT OR IGNORE INTO ordered_block (record, version, cid, block) VALUES (?, ?, ?, ?)',
    );
    atomically(this.#state, () => {
      for (const { cid, blocks } of parts)
        for (const block of blocks) insert.run(recordId, version, cid, block);
    });
  }

  /** The blocks that were noted of a part of a place; none where they were not known. */
  blocksOf({ recordId, version = ALL_VERSIONS }: ContentPlace, cid: string): readonly string[] {
    return this.#state
      .prepare('SELECT block FROM ordered_block WHERE record = ? AND version = ? AND cid = ?')
      .all(recordId, version, cid)
      .map((row) => textOf(row['block']));
  }

  /** What was found here of a place of which nothing is left here; a block that was found under several codecs comes once. */
  removedFrom({ recordId, version = ALL_VERSIONS }: ContentPlace): readonly string[] {
    const found = this.#state
      .prepare('SELECT block FROM removed_block WHERE record = ? AND version = ? ORDER BY block DESC')
      .all(recordId, version)
      .map((row) => textOf(row['block']));
    return [...new Map(found.map((block) => [blockName(block), block])).values()].reverse();
  }

  /** Forgets what a place named, with its blocks, and what of it was removed, in pieces; that it was ordered to go, and is gone, stays known. */
  async forget(place: ContentPlace): Promise<void> {
    const { recordId, version = ALL_VERSIONS } = place;
    // First, so that nothing of it is noted from now on.
    this.#state.prepare('INSERT OR IGNORE INTO gone (record, version) VALUES (?, ?)').run(recordId, version);
    const remove = this.#state.prepare('DELETE FROM named_part WHERE version_id = ? AND cid = ?');
    const removeBlocks = this.#state.prepare(
      'DELETE FROM ordered_block WHERE record = ? AND version = ? AND cid = ?',
    );
    for (const id of this.#versionsOf(place))
      for await (const piece of this.#partsOf(id))
        atomically(this.#state, () => {
          for (const cid of piece) {
            remove.run(id, cid);
            removeBlocks.run(recordId, version, cid);
          }
        });
    atomically(this.#state, () => {
      this.#state
        .prepare('DELETE FROM named_version WHERE record = ? AND (? IS NULL OR version = ?)')
        .run(recordId, place.version ?? null, place.version ?? null);
      this.#state
        .prepare('DELETE FROM removed_block WHERE record = ? AND version = ?')
        .run(recordId, version);
    });
  }

  /** The parts of a noted version, in pieces. */
  async *#partsOf(id: number): AsyncGenerator<readonly string[], void, undefined> {
    const next = this.#state.prepare(
      'SELECT cid FROM named_part WHERE version_id = ? AND cid > ? ORDER BY cid LIMIT ?',
    );
    const after = (cid: string): readonly string[] =>
      next.all(id, cid, PIECE).map((row) => textOf(row['cid']));
    for (let piece = after(''); piece.length > 0; piece = after(piece.at(-1) ?? '')) {
      yield piece;
      await nextTurn();
    }
  }

  #isAmong(places: Places, recordId: string, version: number): boolean {
    const row = this.#state
      .prepare(`SELECT 1 AS found FROM ${places} WHERE record = ? AND version IN (?, ?)`)
      .get(recordId, ALL_VERSIONS, version);
    return row !== undefined;
  }

  #versionsOf({ recordId, version }: ContentPlace): readonly number[] {
    return this.#state
      .prepare('SELECT id FROM named_version WHERE record = ? AND (? IS NULL OR version = ?)')
      .all(recordId, version ?? null, version ?? null)
      .map((row) => numberOf(row['id']));
  }
}

type Places = 'leaving' | 'gone';
type Row = Readonly<Record<string, unknown>>;

/** Stands for an erasure, which takes every version; versions begin at 1. */
const ALL_VERSIONS = 0;

/** Of a row of `named_version`: that it is not ordered to go. */
const STAYS = `NOT ${isIn('leaving')}`;

/** Of a row of `named_version`: that it, or its record, is in a table of places. */
function isIn(places: Places): string {
  return `EXISTS (SELECT 1 FROM ${places} WHERE ${places}.record = named_version.record
    AND ${places}.version IN (${String(ALL_VERSIONS)}, named_version.version))`;
}

function authorOf(row: Row): MspId {
  return mspId(textOf(row['author']), 'author');
}

/**
 * Takes over what an earlier version noted without its author: its versions are read again while they are live. Its tables
 * are there until all of it is taken over.
 */
function takeOver(state: State): void {
  state.function('block_name', { deterministic: true }, (cid) => blockName(textOf(cid)));
  atomically(state, () => {
    state.exec(`INSERT OR IGNORE INTO named_version (record, version, author, at, parts, whole)
      SELECT record, version, NULL, COALESCE(MAX(content_noted.at), 0), COUNT(*), 1
      FROM content LEFT JOIN content_noted USING (record, version) GROUP BY record, version;
      INSERT OR IGNORE INTO named_part (version_id, cid, block) SELECT id, cid, block_name(cid)
      FROM content JOIN named_version USING (record, version);
      DROP TABLE content; DROP TABLE IF EXISTS content_noted`);
  });
}
