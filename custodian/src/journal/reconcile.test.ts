// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { JournalLine } from './entry.js';
import { reconcileJournals } from './reconcile.js';

const line = (seq: number, intentId: string, decision: JournalLine['decision'] = 'permit'): JournalLine => ({
  v: 1,
  suite: 1,
  seq,
  prevHash: 'p',
  time: '2026-03-01T08:00:00.000Z',
  kind: 'release',
  decision,
  requestHash: 'h',
  intentId,
  signature: 's',
});

describe('reconciling journals', () => {
  test('agreeing journals and ledger leave nothing to report', () => {
    const journals = new Map([
      ['AlderMSP', [line(1, 'a')]],
      ['BirchMSP', [line(1, 'a')]],
      ['CedarMSP', []],
    ]);
    expect(reconcileJournals({ journals, intents: new Set(['a']), threshold: 2 })).toEqual({
      withoutIntent: [],
      tooFew: [],
      silent: [],
    });
  });

  test('attack 30: a release without an intent, by too few, or by a custodian that hides its journal, shows', () => {
    const journals = new Map<string, readonly JournalLine[] | undefined>([
      ['AlderMSP', [line(1, 'a'), line(2, 'b'), line(3, 'c', 'deny')]],
      ['BirchMSP', [line(1, 'a')]],
      ['CedarMSP', undefined],
    ]);
    expect(reconcileJournals({ journals, intents: new Set(['a']), threshold: 2 })).toEqual({
      withoutIntent: [{ mspId: 'AlderMSP', seq: 2, intentId: 'b' }],
      tooFew: [{ intentId: 'b', by: ['AlderMSP'] }],
      silent: ['CedarMSP'],
    });
  });
});
