// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identityOf } from '../identity.js';
import { EMPTY_HEAD, type JournalFacts, type JournalLine } from './entry.js';
import { Journal, JOURNAL_PAGE } from './journal.js';
import { verifyJournal, type JournalFault } from './verify-journal.js';

const identity = identityOf('AlderMSP', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const signer = { identity, clock: () => Date.parse('2026-03-01T08:00:00.000Z') };
const facts: JournalFacts = { kind: 'release', decision: 'permit', requestHash: 'h' };
const begin = { seq: 1, prevHash: EMPTY_HEAD };

let folder: string;
let path: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal');
  file = join(path, '000000000001.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

function verify(lines: readonly JournalLine[]): JournalFault | undefined {
  return verifyJournal(lines, { publicKeys: [identity.publicKey], from: begin });
}

describe('the journal', () => {
  test('appends at once from many sides, in one chain that verifies', async () => {
    const journal = await Journal.open(path, signer);
    const heads = await Promise.all(Array.from({ length: 20 }, () => journal.append([facts, facts])));
    expect(new Set(heads).size).toBe(20);
    const lines = await journal.read(1);
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(verify(lines)).toBeUndefined();
    expect(journal.head).toBe(heads.at(-1));
    await journal.close();
  });

  test('goes on after a restart where it ended', async () => {
    const first = await Journal.open(path, signer);
    const head = await first.append([facts]);
    await first.close();
    const second = await Journal.open(path, signer);
    expect(second.head).toBe(head);
    await second.append([facts]);
    expect(verify(await second.read(1))).toBeUndefined();
    expect(await second.read(2)).toHaveLength(1);
    await second.close();
  });

  test('a line that a crash has torn is cut off', async () => {
    const first = await Journal.open(path, signer);
    const head = await first.append([facts]);
    await first.close();
    await appendFile(file, '{"v":1,"suite":1,"seq":2,"prev');
    const second = await Journal.open(path, signer);
    expect([second.head, second.length]).toEqual([head, 1]);
    await second.append([facts]);
    expect(verify(await second.read(1))).toBeUndefined();
    await second.close();
  });

  test('attack 30: a line that is changed, removed, swapped or written by another shows', async () => {
    const journal = await Journal.open(path, signer);
    await journal.append([facts, { ...facts, decision: 'deny', code: 'HELD' }, facts]);
    const [one, two, three] = await journal.read(1);
    await journal.close();
    if (one === undefined || two === undefined || three === undefined) throw new Error('no lines');
    expect(verify([one, { ...two, decision: 'permit' }, three])).toEqual({ seq: 2, fault: 'signature' });
    expect(verify([one, three])).toEqual({ seq: 2, fault: 'sequence' });
    expect(verify([one, { ...three, seq: 2 }])).toEqual({ seq: 2, fault: 'chain' });
    expect(verify([{ ...one, time: '2026-03-01T09:00:00.000Z' }, two])).toEqual({
      seq: 1,
      fault: 'signature',
    });
  });

  test('a journal whose last line is no line does not open', async () => {
    await mkdir(path);
    await writeFile(file, '{"v":1}\n');
    await expect(Journal.open(path, signer)).rejects.toThrow();
    expect(await readFile(file, 'utf8')).toBe('{"v":1}\n');
  });
});

describe('the segments of the journal', () => {
  const SEGMENT_BYTES = 4_096;
  const openSmall = () => Journal.open(path, signer, SEGMENT_BYTES);
  const files = async () => (await readdir(path)).sort();

  async function faultAtStart(): Promise<JournalFault | undefined> {
    const journal = await openSmall();
    await journal.close();
    return journal.fault;
  }

  /** Appends so many lines, one after another. */
  async function fill(journal: Journal, count: number): Promise<void> {
    for (let written = 0; written < count; written += 1) await journal.append([facts]);
  }

  test('attack 44: a journal goes on in a new file where one is full, over restarts, in one chain', async () => {
    const first = await openSmall();
    await fill(first, 40);
    await first.close();
    const second = await openSmall();
    await fill(second, 40);
    expect((await files()).length).toBeGreaterThan(4);
    const lines = await second.read(1);
    expect([lines.length, second.length, verify(lines)]).toEqual([80, 80, undefined]);
    expect((await second.read(37, 5)).map(({ seq }) => seq)).toEqual([37, 38, 39, 40, 41]);
    expect(await second.read(81)).toEqual([]);
    await second.close();
  });

  test('a page ends after its lines, whatever is asked for', async () => {
    const journal = await Journal.open(path, signer);
    await journal.append(Array.from({ length: JOURNAL_PAGE + 300 }, () => facts));
    expect(await journal.read(1, 10 * JOURNAL_PAGE)).toHaveLength(JOURNAL_PAGE);
    expect((await journal.read(700, 3)).map(({ seq }) => seq)).toEqual([700, 701, 702]);
    await journal.close();
  });

  test('the one file of before becomes the first segment, of whatever size', async () => {
    const old = await Journal.open(path, signer);
    await fill(old, 30);
    const { head } = old;
    await old.close();
    await rename(file, `${path}.jsonl`);
    await rm(path, { recursive: true });
    await appendFile(`${path}.jsonl`, '{"torn');
    const journal = await openSmall();
    expect([journal.head, journal.length]).toEqual([head, 30]);
    await fill(journal, 1);
    expect(await files()).toEqual(['000000000001.jsonl', '000000000031.jsonl']);
    expect(verify(await journal.read(1))).toBeUndefined();
    await journal.close();
  });

  test('attack 44: opening reads the newest segment and the end of the one before, however many there are', async () => {
    const journal = await openSmall();
    await fill(journal, 80);
    await journal.close();
    const all = await files();
    for (const older of all.slice(0, -2)) await writeFile(join(path, older), 'not read');
    const again = await openSmall();
    expect([again.length, again.fault]).toEqual([80, undefined]);
    await again.close();
  });

  test('a kill between a new file and its first line loses nothing', async () => {
    const journal = await openSmall();
    await fill(journal, 20);
    const { head, length } = journal;
    await journal.close();
    await writeFile(join(path, `${String(length + 1).padStart(12, '0')}.jsonl`), '{"v":1,');
    const again = await openSmall();
    expect([again.head, again.length]).toEqual([head, length]);
    await fill(again, 1);
    expect(verify(await again.read(1))).toBeUndefined();
    await again.close();
  });

  test('attack 30: a line that was changed in the newest segment, or a segment that was taken away, shows at the start', async () => {
    const journal = await openSmall();
    await fill(journal, 80);
    await journal.close();
    const newest = join(path, (await files()).at(-1) ?? '');
    const honest = await readFile(newest, 'utf8');
    const { seq } = JSON.parse(honest.slice(0, honest.indexOf('\n'))) as { seq: number };
    await writeFile(newest, honest.replace('"decision":"permit"', '"decision":"deny"'));
    expect(await faultAtStart()).toEqual({ seq: seq + 1, fault: 'chain' });
    await writeFile(newest, honest);
    expect(await faultAtStart()).toBeUndefined();
    await rm(join(path, (await files()).at(-2) ?? ''));
    expect(await faultAtStart()).toEqual({ seq, fault: 'chain' });
  });
});
