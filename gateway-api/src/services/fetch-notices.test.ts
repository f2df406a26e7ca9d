// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, MAX_NOTICES } from '@tutela/chaincode/domain';
import { memoryAttempt } from '../testing/index.js';
import { fetchNotices } from './fetch-notices.js';

const ACTOR = { kind: 'gateway' } as const;
const mark = (about: string, minute: number) => ({
  ...{ about, cause: 'opened' },
  at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
});

/** A ledger whose mailbox has these notices, and where a fetching that names one of `changing` meets a conflict. */
function ledgerOf(waiting: readonly ReturnType<typeof mark>[], changing: ReadonlySet<string> = new Set()) {
  const fetched: string[][] = [];
  const evaluate = (_: unknown, __: string, asked: { of: string; pageSize: number; bookmark?: string }) => {
    if (asked.of === 'shown') return Promise.resolve({ notices: [mark('shown', 0)] });
    const from = Number(asked.bookmark ?? 0);
    const notices = waiting.slice(from, from + asked.pageSize);
    const next = from + asked.pageSize;
    return Promise.resolve(next < waiting.length ? { notices, bookmark: String(next) } : { notices });
  };
  type Request = Readonly<{ waiting: readonly Readonly<{ about: string }>[] }>;
  const submitOnce = async (_: unknown, __: string, makeRequest: () => Promise<Request>) => {
    const names = (await makeRequest()).waiting.map(({ about }) => about);
    fetched.push(names);
    if (names.some((name) => changing.has(name))) throw new DomainError('CONFLICT', 'changed');
    return { result: { notices: names, txId: 'tx' } };
  };
  return { ledger: { evaluate, submitOnce } as never, fetched };
}

describe('the fetching of notices', () => {
  test('attack 44: the oldest notices are taken first, so that a sender of notices without end hides no other', async () => {
    const others = Array.from({ length: 3_000 }, (_, number) => mark(`a${String(number)}`, 10));
    const { ledger, fetched } = ledgerOf([...others, mark('z', 1)]);
    expect(await fetchNotices(ledger, ACTOR, {}, memoryAttempt())).toMatchObject({ more: true, txId: 'tx' });
    expect(fetched).toHaveLength(1);
    expect(fetched[0]).toHaveLength(MAX_NOTICES);
    expect(fetched[0]?.[0]).toBe('z');
  });

  test('attack 44: meets no conflict for one that is left again and again, which comes last', async () => {
    const { ledger, fetched } = ledgerOf([mark('a', 9), mark('b', 1), mark('c', 2)], new Set(['a']));
    expect(await fetchNotices(ledger, ACTOR, {}, memoryAttempt())).toMatchObject({
      notices: ['b'],
      more: true,
    });
    expect(fetched.at(-1)).toEqual(['b']);
  });

  test('ends with the conflict where even the oldest changes', async () => {
    const { ledger } = ledgerOf([mark('a', 1)], new Set(['a']));
    await expect(fetchNotices(ledger, ACTOR, {}, memoryAttempt())).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});
