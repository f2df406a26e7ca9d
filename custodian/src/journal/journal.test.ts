// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identityOf } from '../identity.js';
import { EMPTY_HEAD, type JournalFacts, type JournalLine } from './entry.js';
import { Journal } from './journal.js';
import { verifyJournal, type JournalFault } from './verify-journal.js';

const identity = identityOf('AlderMSP', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const signer = { identity, clock: () => Date.parse('2026-03-01T08:00:00.000Z') };
const facts: JournalFacts = { kind: 'release', decision: 'permit', requestHash: 'h' };
const begin = { seq: 1, prevHash: EMPTY_HEAD };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

function verify(lines: readonly JournalLine[]): JournalFault | undefined {
  return verifyJournal(lines, { publicKey: identity.publicKey, from: begin });
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
    await appendFile(path, '{"v":1,"suite":1,"seq":2,"prev');
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
    await writeFile(path, '{"v":1}\n');
    await expect(Journal.open(path, signer)).rejects.toThrow();
    expect(await readFile(path, 'utf8')).toBe('{"v":1}\n');
  });
});
