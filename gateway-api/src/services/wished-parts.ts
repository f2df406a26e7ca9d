// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MspId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';
import type { WishedPart } from '../storage/storage.js';
import { BEGINNING, type ContentIndex, type ContentPosition } from './content-index.js';
import type { PartJournal } from './part-journal.js';

/** So many parts of one line are read before the event loop serves others. */
const PIECE = 250;

type PartsAfter = (position: ContentPosition, most: number) => readonly ContentPosition[];

/**
 * The parts that are to be kept: what records name, and what this gateway has stored and not yet anchored. They are drawn
 * from lines, one for each author and one for the own stores, which take turns, for each can be without end. A line goes
 * on where the last draw ended, also after a restart, and round, so that each of its parts has its turn.
 */
export class WishedParts {
  readonly #state: State;
  readonly #own: MspId;
  readonly #content: ContentIndex;
  readonly #parts: PartJournal;

  constructor(given: Readonly<{ state: State; own: MspId; content: ContentIndex; parts: PartJournal }>) {
    this.#state = given.state;
    this.#own = given.own;
    this.#content = given.content;
    this.#parts = given.parts;
    this.#state.exec(`CREATE TABLE IF NOT EXISTS drawn_until (
      line TEXT PRIMARY KEY, version INTEGER NOT NULL, cid TEXT NOT NULL) WITHOUT ROWID`);
  }

  /** At most so many parts. It reads no more than that from the state, however many there are. */
  async draw(most: number): Promise<readonly WishedPart[]> {
    const lines = this.#lines();
    const found = new Map<string, readonly MspId[]>();
    let left = most;
    for (let going = lines; left > 0 && going.length > 0; going = going.filter((line) => !line.isDone)) {
      const share = Math.min(PIECE, Math.ceil(left / going.length));
      for (const line of going) {
        const cids = line.next(Math.min(share, left));
        left -= cids.length;
        for (const cid of cids) if (!found.has(cid)) found.set(cid, this.#authorsOf(cid));
        await nextTurn();
      }
    }
    this.#remember(lines);
    return [...found].map(([cid, authors]) => ({ cid, authors }));
  }

  #lines(): readonly Line[] {
    const ofAuthors = this.#content
      .authors()
      .map((author) => this.#line(author, (position, most) => this.#content.partsBy(author, position, most)));
    const ofOwnStores = this.#line(OWN_STORES, ({ cid }, most) =>
      this.#parts.unregisteredAfter(cid, most).map((one) => ({ version: 0, cid: one })),
    );
    return [...ofAuthors, ofOwnStores];
  }

  #line(name: string, partsAfter: PartsAfter): Line {
    const row = this.#state.prepare('SELECT version, cid FROM drawn_until WHERE line = ?').get(name);
    const until =
      row === undefined ? BEGINNING : { version: numberOf(row['version']), cid: textOf(row['cid']) };
    return new Line(name, partsAfter, until);
  }

  /** What no record names is this hospital's own. */
  #authorsOf(cid: string): readonly MspId[] {
    const authors = this.#content.authorsOf(cid);
    return authors.length > 0 ? authors : [this.#own];
  }

  #remember(lines: readonly Line[]): void {
    const write = this.#state.prepare(
      'INSERT OR REPLACE INTO drawn_until (line, version, cid) VALUES (?, ?, ?)',
    );
    atomically(this.#state, () => {
      for (const { name, until } of lines) write.run(name, until.version, until.cid);
    });
  }
}

/** The line of the own stores; no hospital has this name. */
const OWN_STORES = '';

/** One line during a draw: once round at most. */
class Line {
  readonly name: string;
  readonly #partsAfter: PartsAfter;
  readonly #began: ContentPosition;
  #until: ContentPosition;
  #isRound = false;
  #isDone = false;

  constructor(name: string, partsAfter: PartsAfter, until: ContentPosition) {
    this.name = name;
    this.#partsAfter = partsAfter;
    this.#began = until;
    this.#until = until;
  }

  get until(): ContentPosition {
    return this.#until;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  next(most: number): readonly string[] {
    const read = this.#partsAfter(this.#until, most);
    const fresh = this.#isRound ? read.filter((one) => !isAfter(one, this.#began)) : read;
    this.#until = fresh.at(-1) ?? this.#until;
    if (fresh.length < most) {
      this.#isDone = this.#isRound || !isAfter(this.#began, BEGINNING);
      this.#isRound = true;
      if (!this.#isDone) this.#until = BEGINNING;
    }
    return fresh.map(({ cid }) => cid);
  }
}

function isAfter(one: ContentPosition, other: ContentPosition): boolean {
  return one.version === other.version ? one.cid > other.cid : one.version > other.version;
}
