// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { instantOf, segmentNameOf } from '@tutela/chaincode/domain';
import { identityOf } from '../identity.js';
import { EMPTY_HEAD, JOURNAL_PREFIX, lineHash, type JournalFacts, type JournalLine } from './entry.js';
import { reconcileJournals } from './reconcile.js';
import { rewrittenJournals } from './rewritten.js';
import { verifyJournal } from './verify-journal.js';

const TIME = Date.parse('2026-03-01T08:00:00.000Z');
const MINUTE_MS = 60_000;
const SEGMENT = { recordId: 'r', version: 1, segmentId: 's' };
const OTHER = { recordId: 'r', version: 1, segmentId: 't' };
const PERMITTED = new Map([['a', new Set([segmentNameOf(SEGMENT)])]]);

const line = (seq: number, intentId: string, change: Partial<JournalLine> = {}): JournalLine => ({
  v: 1,
  suite: 1,
  seq,
  prevHash: 'p',
  time: '2026-03-01T08:00:00.000Z',
  kind: 'release',
  decision: 'permit',
  requestHash: 'h',
  intentId,
  segment: SEGMENT,
  signature: 's',
  ...change,
});

const newIdentity = () =>
  identityOf('AlderMSP', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const identity = newIdentity();

/** A journal as its custodian writes it: chained and signed. */
function journalOf(...intents: readonly string[]): readonly JournalLine[] {
  return extended([], identity, ...intents);
}

/** A journal that goes on with lines that a key of its custodian signs. */
function extended(
  journal: readonly JournalLine[],
  signer: typeof identity,
  ...intents: readonly string[]
): readonly JournalLine[] {
  const lines = [...journal];
  for (const intentId of intents) {
    const last = lines.at(-1);
    const facts: JournalFacts = { kind: 'release', decision: 'permit', requestHash: 'h', intentId };
    const prevHash = last === undefined ? EMPTY_HEAD : lineHash(last);
    const place = {
      v: 1,
      suite: 1,
      seq: lines.length + 1,
      prevHash,
      time: '2026-03-01T08:00:00.000Z',
    } as const;
    const unsigned = { ...place, ...facts };
    lines.push({ ...unsigned, signature: signer.sign(JOURNAL_PREFIX, unsigned) });
  }
  return lines;
}

const headOf = (lines: readonly JournalLine[]): string => {
  const last = lines.at(-1);
  return last === undefined ? EMPTY_HEAD : lineHash(last);
};

describe('reconciling journals', () => {
  test('agreeing journals and ledger leave nothing to report', () => {
    const journals = new Map([
      ['AlderMSP', [line(1, 'a')]],
      ['BirchMSP', [line(1, 'a')]],
      ['CedarMSP', []],
    ]);
    expect(reconcileJournals({ journals, intents: PERMITTED, threshold: 2 })).toEqual({
      withoutIntent: [],
      withoutPermit: [],
      onFork: [],
      tooFew: [],
      rewritten: [],
      silent: [],
      unfinished: [],
    });
  });

  test('attack 30: a release without an intent, by too few, or by a custodian that hides its journal, shows', () => {
    const journals = new Map<string, readonly JournalLine[] | undefined>([
      ['AlderMSP', [line(1, 'a'), line(2, 'b'), line(3, 'c', { decision: 'deny' })]],
      ['BirchMSP', [line(1, 'a')]],
      ['CedarMSP', undefined],
    ]);
    expect(reconcileJournals({ journals, intents: PERMITTED, threshold: 2 })).toMatchObject({
      withoutIntent: [{ mspId: 'AlderMSP', seq: 2, intentId: 'b' }],
      withoutPermit: [],
      onFork: [],
      tooFew: [{ intentId: 'b', by: ['AlderMSP'] }],
      silent: ['CedarMSP'],
    });
  });

  test('attack 30: a release of a segment that the intent refuses, or of none, shows', () => {
    const unnamed = journalOf('a', 'a', 'a').slice(2);
    const journals = new Map([['AlderMSP', [line(1, 'a'), line(2, 'a', { segment: OTHER }), ...unnamed]]]);
    expect(reconcileJournals({ journals, intents: PERMITTED, threshold: 1 }).withoutPermit).toEqual([
      { mspId: 'AlderMSP', seq: 2, intentId: 'a' },
      { mspId: 'AlderMSP', seq: 3, intentId: 'a' },
    ]);
  });

  test('attack 30: a journal that was written anew or cut no longer leads to the head that it showed', () => {
    const honest = journalOf('a', 'b', 'c');
    const shown = { mspId: 'AlderMSP', head: headOf(honest), seenIn: 'heartbeat' } as const;
    const check = (lines: readonly JournalLine[] | undefined) =>
      rewrittenJournals(new Map([['AlderMSP', lines]]), [shown]);
    expect(check(journalOf('a', 'b', 'c', 'd'))).toEqual([]);
    expect(check(journalOf('a', 'c'))).toEqual([shown]);
    expect(check(honest.slice(0, 2))).toEqual([shown]);
    expect(check([])).toEqual([shown]);
    expect(check(undefined)).toEqual([]);
    expect(check(honest.slice(2, 2).concat(honest.slice(1, 2)))).toEqual([]);
  });

  test('attack 30: a journal too long to be read whole shows a head that is gone where its lines must have it', () => {
    const part = journalOf('a', 'b', 'c').slice(1);
    const journals = new Map([['AlderMSP', part]]);
    const shown = { mspId: 'AlderMSP', head: headOf(journalOf('x')) } as const;
    const late = { ...shown, seenIn: 'heartbeat', at: instantOf(TIME + 11 * MINUTE_MS) } as const;
    const early = { ...late, at: instantOf(TIME + 9 * MINUTE_MS) };
    const last = { ...shown, seenIn: 'reading', seq: 2 } as const;
    expect(rewrittenJournals(journals, [late, early, last])).toEqual([late, last]);
    expect(rewrittenJournals(journals, [late, early, last], new Set(['AlderMSP']))).toEqual([last]);
    const honest = { ...late, head: headOf(journalOf('a', 'b')) };
    expect(rewrittenJournals(journals, [honest])).toEqual([]);
  });

  test('a release counts by the threshold of its own epoch, and shares of two epochs do not add up', () => {
    const given = (epochs: readonly (number | undefined)[], byEpoch: ReadonlyMap<number, number>) => {
      const journals = new Map(
        epochs.map((epoch, at) => [`H${at}MSP`, [line(1, 'a', epoch === undefined ? {} : { epoch })]]),
      );
      const known = new Map([...byEpoch].map(([epoch, threshold]) => [epoch, { threshold }]));
      return reconcileJournals({ journals, intents: PERMITTED, threshold: 3, epochs: known }).tooFew;
    };
    const grown = new Map([
      [1, 2],
      [2, 3],
    ]);
    expect(given([1, 1], grown)).toEqual([]);
    expect(given([2, 2], grown)).toEqual([{ intentId: 'a', by: ['H0MSP', 'H1MSP'] }]);
    expect(given([1, 2, 2], grown)).toEqual([{ intentId: 'a', by: ['H0MSP', 'H1MSP', 'H2MSP'] }]);
    expect(given([1, 1, 2], grown)).toEqual([]);
    // An epoch that the ledger does not have, or none, counts as the one in force.
    expect(given([9, 9], grown)).toHaveLength(1);
    expect(given([undefined, undefined], grown)).toHaveLength(1);
  });

  test('a release by too few is not looked for while too many journals go on after what was read', () => {
    const journals = new Map([
      ['AlderMSP', [line(1, 'a')]],
      ['BirchMSP', []],
    ]);
    const tooFew = (...unfinished: readonly string[]) =>
      reconcileJournals({ journals, intents: PERMITTED, threshold: 2, unfinished: new Set(unfinished) })
        .tooFew;
    expect(tooFew('BirchMSP')).toEqual([{ intentId: 'a', by: ['AlderMSP'] }]);
    expect(tooFew('AlderMSP', 'BirchMSP')).toEqual([]);
  });

  test('attack 30: a line that was removed or forged breaks the chain or its signature', () => {
    const honest = journalOf('a', 'b', 'c');
    const from = { seq: 1, prevHash: EMPTY_HEAD };
    const check = (lines: readonly JournalLine[]) =>
      verifyJournal(lines, { publicKeys: [identity.publicKey], from });
    expect(check(honest)).toBeUndefined();
    expect(check(honest.filter(({ seq }) => seq !== 2))).toEqual({ seq: 2, fault: 'sequence' });
    const renumbered = honest.filter(({ seq }) => seq !== 2).map((one, at) => ({ ...one, seq: at + 1 }));
    expect(check(renumbered)).toEqual({ seq: 2, fault: 'chain' });
    const forged = honest.map((one) => (one.seq === 3 ? { ...one, intentId: 'z' } : one));
    expect(check(forged)).toEqual({ seq: 3, fault: 'signature' });
  });

  test('attack 30: lines verify with each key of their custodian, and with no earlier one after a later', () => {
    const [second, third] = [newIdentity(), newIdentity()];
    const publicKeys = [identity, second, third].map(({ publicKey }) => publicKey);
    const from = { seq: 1, prevHash: EMPTY_HEAD };
    const check = (lines: readonly JournalLine[]) => verifyJournal(lines, { publicKeys, from });
    const renewed = extended(journalOf('a', 'b'), third, 'c');
    expect(check(renewed)).toBeUndefined();
    expect(check(extended(renewed, third, 'd'))).toBeUndefined();
    for (const earlier of [identity, second])
      expect(check(extended(renewed, earlier, 'd'))).toEqual({ seq: 4, fault: 'signature' });
    expect(check(extended(renewed, newIdentity(), 'd'))).toEqual({ seq: 4, fault: 'signature' });
    const early = { publicKeys: publicKeys.slice(0, 2), from };
    expect(verifyJournal(renewed, early)).toEqual({ seq: 3, fault: 'signature' });
  });
});
