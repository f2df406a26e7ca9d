// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import { EMPTY_HEAD, type JournalLine } from './entry.js';
import { JOURNAL_PAGE } from './journal.js';
import { MAX_COMPARED_LINES, readJournal } from './read-journal.js';

const silent = (): void => undefined;
const log: Log = { info: silent, warn: silent, error: silent };
const alder = { mspId: 'AlderMSP', url: 'https://alder:7301' } as Parameters<typeof readJournal>[1];

const line = (seq: number): JournalLine => ({
  ...{ v: 2, suite: 1, seq, prevHash: EMPTY_HEAD, time: '2026-03-01T08:00:00.000Z', signature: 's' },
  ...{ kind: 'release', decision: 'permit', requestHash: 'h' },
});

/** A custodian that shows so many lines, of the number that it claims to have. */
function showing(shown: number, claimed = shown): PeerClient & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    get: ({ url }, path) => {
      const from = Number(new URL(path, url).searchParams.get('from'));
      asked.push(from);
      const count = Math.max(0, Math.min(JOURNAL_PAGE, shown - from + 1));
      return Promise.resolve({
        length: claimed,
        lines: Array.from({ length: count }, (_, at) => line(from + at)),
      });
    },
    post: () => Promise.reject(new Error('nothing is posted')),
    close: () => Promise.resolve(),
  };
}

describe('reading another custodian’s journal', () => {
  test('attack 44: a long journal is read a part at a time, each line of it, from where it was read last', async () => {
    const client = showing(MAX_COMPARED_LINES + 700);
    const first = await readJournal({ client, log }, alder);
    expect([first?.lines.length, first?.isWhole]).toEqual([MAX_COMPARED_LINES, false]);
    const rest = await readJournal({ client, log }, alder, { after: MAX_COMPARED_LINES });
    expect(rest?.isWhole).toBe(true);
    expect(rest?.lines[0]?.seq).toBeLessThanOrEqual(MAX_COMPARED_LINES);
    expect(rest?.lines.at(-1)?.seq).toBe(MAX_COMPARED_LINES + 700);
  });

  test('a journal that has become shorter is read to its end', async () => {
    expect(await readJournal({ client: showing(0), log }, alder, { after: 5_000 })).toEqual({
      lines: [],
      isWhole: true,
    });
  });

  test('attack 44: a custodian that claims lines and shows none, or takes too long, is silent', async () => {
    expect(await readJournal({ client: showing(10, 1_000), log }, alder)).toBeUndefined();
    const slow = showing(5 * JOURNAL_PAGE);
    expect(await readJournal({ client: slow, log }, alder, { readMs: -1 })).toBeUndefined();
    expect(slow.asked).toEqual([1]);
    expect((await readJournal({ client: slow, log }, alder))?.lines).toHaveLength(5 * JOURNAL_PAGE);
  });
});
