// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mspId, type MspId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';

/** A hospital that asked for a copy of a part, and when it first did, by the own clock. */
export type AskedCopy = Readonly<{ hospital: MspId; sinceMs: number }>;

/** An ordered destruction of a part: who registered it, and since when this hospital knew so, by the own clock. */
export type KnownAuthor = Readonly<{ author: MspId; knownSinceMs: number }>;

/** So many lines are read in one piece. */
const PIECE = 250;

/** The longest time of an upload: a copy that no record of its hospital names may belong to one for so long. */
export const UPLOAD_MS = 72 * 3_600_000;

/** What is asked for again and again is written down this often. */
export const NOTED_AGAIN_MS = 60_000;

/**
 * Whether a copy that a hospital asked for outlasts a destruction that another one brought about: it was asked for before
 * this hospital knew the record. So no record destroys another hospital's upload under way by naming its parts, and a copy
 * that is asked for afterwards delays no destruction. This hospital cannot know which of the two made the part; therefore
 * the copy outlasts the destruction only for the time of the longest upload.
 */
export function outlasts(
  { hospital, sinceMs }: AskedCopy,
  { author, knownSinceMs }: KnownAuthor,
  nowMs: number,
): boolean {
  return hospital !== author && sinceMs < knownSinceMs && nowMs - sinceMs <= UPLOAD_MS;
}

/** Copies that other hospitals asked for and that no record of theirs names yet, written before the pin. */
export class CopyJournal {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS asked_copy (
      cid TEXT NOT NULL, hospital TEXT NOT NULL, since INTEGER NOT NULL, asked INTEGER NOT NULL,
      PRIMARY KEY (cid, hospital)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS asked_copy_of_hospital ON asked_copy (hospital)`);
  }

  /** Notes that a hospital asks. Answers the first time that it did; null where it has `most` other copies here. */
  asked(
    cid: string,
    hospital: MspId,
    { nowMs, most }: Readonly<{ nowMs: number; most: number }>,
  ): AskedCopy | null {
    const known = this.#state
      .prepare('SELECT since, asked FROM asked_copy WHERE cid = ? AND hospital = ?')
      .get(cid, hospital);
    if (known === undefined && this.#countOf(hospital) >= most) return null;
    const sinceMs = known === undefined ? nowMs : numberOf(known['since']);
    if (known === undefined || nowMs - numberOf(known['asked']) >= NOTED_AGAIN_MS)
      this.#state
        .prepare('INSERT OR REPLACE INTO asked_copy (cid, hospital, since, asked) VALUES (?, ?, ?, ?)')
        .run(cid, hospital, sinceMs, nowMs);
    return { hospital, sinceMs };
  }

  /** Who asked for a copy of a part. */
  of(cid: string): readonly AskedCopy[] {
    return this.#state
      .prepare('SELECT hospital, since FROM asked_copy WHERE cid = ?')
      .all(cid)
      .map((row) => ({ hospital: hospitalOf(row), sinceMs: numberOf(row['since']) }));
  }

  /** Forgets what a hospital asked for and now names itself. */
  registered(cids: readonly string[], hospital: MspId): void {
    const remove = this.#state.prepare('DELETE FROM asked_copy WHERE cid = ? AND hospital = ?');
    atomically(this.#state, () => {
      for (const cid of cids) remove.run(cid, hospital);
    });
  }

  /** Those last asked for before an instant, in pieces. */
  async *pieces(beforeMs: number): AsyncGenerator<readonly (AskedCopy & Readonly<{ cid: string }>)[]> {
    const next = this.#state.prepare(
      `SELECT cid, hospital, since FROM asked_copy WHERE (cid, hospital) > (?, ?) AND asked < ?
       ORDER BY cid, hospital LIMIT ?`,
    );
    const after = (cid: string, hospital: string) =>
      next.all(cid, hospital, beforeMs, PIECE).map((row) => ({
        ...{ cid: textOf(row['cid']), hospital: hospitalOf(row), sinceMs: numberOf(row['since']) },
      }));
    for (let piece = after('', ''), last = piece.at(-1); last !== undefined; last = piece.at(-1)) {
      yield piece;
      await nextTurn();
      piece = after(last.cid, last.hospital);
    }
  }

  /** Forgets, in pieces, those last asked for before an instant that are not to stay. */
  async keepOnly(stays: (cid: string, copy: AskedCopy) => boolean, beforeMs: number): Promise<void> {
    const remove = this.#state.prepare('DELETE FROM asked_copy WHERE cid = ? AND hospital = ?');
    for await (const piece of this.pieces(beforeMs)) {
      const going = piece.filter(({ cid, ...copy }) => !stays(cid, copy));
      atomically(this.#state, () => {
        for (const { cid, hospital } of going) remove.run(cid, hospital);
      });
    }
  }

  /** How many copies each hospital asked for. */
  counts(): ReadonlyMap<MspId, number> {
    const rows = this.#state
      .prepare('SELECT hospital, COUNT(*) AS copies FROM asked_copy GROUP BY hospital')
      .all();
    return new Map(rows.map((row) => [hospitalOf(row), numberOf(row['copies'])]));
  }

  #countOf(hospital: MspId): number {
    const row = this.#state
      .prepare('SELECT COUNT(*) AS copies FROM asked_copy WHERE hospital = ?')
      .get(hospital);
    return row === undefined ? 0 : numberOf(row['copies']);
  }
}

function hospitalOf(row: Readonly<Record<string, unknown>>): MspId {
  return mspId(textOf(row['hospital']), 'hospital');
}
