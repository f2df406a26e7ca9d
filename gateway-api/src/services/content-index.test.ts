// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { openState, type State } from '../state/open-state.js';
import { blockName } from '../storage/storage.js';
import { ContentIndex } from './content-index.js';
import { PartJournal } from './part-journal.js';

const author = 'AlderMSP' as MspId;
const recordId = 'a-record' as RecordId;
const { cid } = partDag(Buffer.from('a part'));

let state: State;

beforeEach(() => {
  state = openState(':memory:');
});

describe('the index of what records name', () => {
  test('notes and forgets a version of many parts in pieces, and knows while it is not noted to its end', async () => {
    const index = new ContentIndex(state);
    const cids = Array.from({ length: 600 }, (_, part) => `part ${String(part)}`);
    const noting = index.note({ recordId, version: 1, author, cids }, 1);
    expect(index.wholeVersions(recordId)).toEqual([]);
    expect(index.hasNoted(recordId, 1)).toBe(false);
    await noting;
    expect(index.wholeVersions(recordId)).toEqual([1]);
    const pieces: (readonly string[])[] = [];
    for await (const piece of index.partsOf({ recordId })) pieces.push(piece);
    expect(new Set(pieces.flat())).toEqual(new Set(cids));
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(250);
    await index.forget({ recordId });
    expect(index.countOf({ recordId })).toBe(0);
    expect(state.prepare('SELECT COUNT(*) AS parts FROM named_part').get()).toEqual({ parts: 0 });
  });

  test('names nothing for ever that was ordered to go, though it is noted after it was forgotten', async () => {
    const index = new ContentIndex(state);
    const version = { recordId, version: 1, author, cids: [cid] };
    await index.note(version, 1);
    await index.leave([{ recordId }]);
    await index.forget({ recordId });
    await index.note(version, 2);
    expect(index.names(cid)).toBe(false);
    expect(index.namesBlock(blockName(cid))).toBe(false);
  });

  test.each([{}, { version: 1 }])(
    'the index keeps nothing of a version that is noted while it is forgotten or later, since it is gone: %j',
    async (of) => {
      const index = new ContentIndex(state);
      const cids = Array.from({ length: 600 }, (_, part) => `part ${String(part)}`);
      // What is noted first comes last in the order in which parts are forgotten.
      const version = { recordId, version: 1, author, cids: cids.toSorted().reverse() };
      const noting = index.note(version, 1);
      await index.forget({ recordId, ...of });
      await noting;
      await index.note(version, 2);
      for (const table of ['named_version', 'named_part'])
        expect(state.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get()).toEqual({ rows: 0 });
      expect(index.hasNoted(recordId, 1)).toBe(false);
    },
  );

  test('that an earlier version wrote is taken over, and its versions are noted again while they are live', async () => {
    state.exec(`CREATE TABLE content (
      record TEXT NOT NULL, version INTEGER NOT NULL, cid TEXT NOT NULL,
      PRIMARY KEY (record, version, cid)) WITHOUT ROWID;
      CREATE TABLE content_noted (record TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (record, version)) WITHOUT ROWID;
      INSERT INTO content_noted VALUES ('${recordId}', 1, 7)`);
    const insert = state.prepare('INSERT INTO content VALUES (?, ?, ?)');
    for (const version of [1, 2]) insert.run(recordId, version, cid);
    const index = new ContentIndex(state);
    expect(index.names(cid)).toBe(true);
    expect(index.namesBlock(blockName(withOtherCodec(cid)))).toBe(true);
    expect(index.notedAtMs({ recordId, version: 1 }, cid)).toBe(7);
    expect(index.notedAtMs({ recordId, version: 2 }, cid)).toBe(0);
    expect(index.wholeVersions(recordId)).toEqual([1, 2]);
    expect(index.hasNoted(recordId, 1)).toBe(false);
    await index.note({ recordId, version: 1, author, cids: [cid] }, 9);
    expect(index.authorsOf(cid)).toEqual([author]);
    expect(index.notedAtMs({ recordId, version: 1 }, cid)).toBe(7);
    expect(new ContentIndex(state).authorsOf(cid)).toEqual([author]);
  });

  test('the index takes over at the next start what a killed take-over left, beside what was noted since', async () => {
    const earlier = 'CREATE TABLE content (record TEXT, version INTEGER, cid TEXT)';
    const { cid: other } = partDag(Buffer.from('another part'));
    state.exec(`${earlier}; CREATE TABLE content_noted (record TEXT, version INTEGER, at INTEGER)`);
    const insert = state.prepare('INSERT INTO content VALUES (?, ?, ?)');
    insert.run(recordId, 1, cid);
    insert.run(recordId, 2, other);
    const define = state.function.bind(state);
    state.function = () => {
      throw new Error('killed');
    };
    expect(() => new ContentIndex(state)).toThrow('killed');
    state.exec(`ALTER TABLE content RENAME TO earlier`);
    await new ContentIndex(state).note({ recordId, version: 2, author, cids: [other] }, 1);
    state.exec(`ALTER TABLE earlier RENAME TO content`);
    state.function = define;
    const index = new ContentIndex(state);
    expect(index.names(cid)).toBe(true);
    expect(index.authorsOf(other)).toEqual([author]);
    expect(index.wholeVersions(recordId)).toEqual([1, 2]);
  });
});

describe('the journal of own parts', () => {
  test('names at the next start the blocks of which a start that was killed left the names out', () => {
    const journal = new PartJournal(state);
    journal.added({ cid, size: 1, blocks: [cid] }, { recordId, version: 1 }, 1);
    state.exec('DROP TABLE part_block');
    expect(new PartJournal(state).isOfUnregistered(blockName(cid))).toBe(true);
  });

  test('that an earlier version wrote knows its blocks by their names', () => {
    const { blocks } = partDag(Buffer.alloc(2 * 1024 * 1024));
    const [leaf = ''] = blocks.slice(-1);
    state.exec(`CREATE TABLE part (
      cid TEXT PRIMARY KEY, blocks TEXT NOT NULL, record TEXT NOT NULL, version INTEGER NOT NULL,
      added_at INTEGER NOT NULL, registered INTEGER NOT NULL DEFAULT 0)`);
    state
      .prepare('INSERT INTO part VALUES (?, ?, ?, 1, 1, 0)')
      .run(cid, JSON.stringify([cid, leaf]), recordId);
    const journal = new PartJournal(state);
    const other = 'another-record' as RecordId;
    for (const block of [cid, withOtherCodec(cid), leaf]) {
      expect(journal.isOfOther(blockName(block), other)).toBe(true);
      expect(journal.isOfOther(blockName(block), recordId)).toBe(false);
      expect(journal.isOfUnregistered(blockName(block))).toBe(true);
    }
    journal.forget([cid]);
    expect(journal.isOfOther(blockName(leaf), other)).toBe(false);
  });
});
