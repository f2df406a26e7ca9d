// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, instantOf, type ListedEntry } from '@tutela/chaincode/domain';
import { PostedEntries } from '../degraded/posted-entries.js';
import { epochsNamedBy, reconcileDegraded } from '../degraded/reconcile-degraded.js';
import type { Ledger } from '../ledger/ledger.js';
import type { JournalLine } from './entry.js';
import { lookUp, MAX_UNKNOWN, epochsIn } from './look-up.js';

const TIME = '2026-03-01T08:00:00.000Z';
const HONEST = 'z'.repeat(43);
const JUNK = 50_000;

function entry(mspId: string, requestHash: string, acknowledgedBy = [mspId], epoch = 1): ListedEntry {
  const acknowledgement = { acknowledgement: { epoch, journalHead: 'head', at: TIME } };
  const facts = { requestHash, mspId, acknowledgedBy, released: true, postedAt: TIME };
  return { ...facts, acknowledgement, opened: true, proven: true } as unknown as ListedEntry;
}

function line(seq: number, facts: Partial<JournalLine>): JournalLine {
  const place = { v: 1, suite: 1, seq, prevHash: 'p', time: instantOf(Date.parse(TIME)) } as const;
  return { ...place, ...{ kind: 'release', decision: 'permit', requestHash: 'h', signature: 's' }, ...facts };
}

/** A ledger with entries in the order of their keys, and with some intents, which counts what it is asked. */
class FakeLedger {
  asked: Record<string, number> = {};
  readonly #entries: readonly ListedEntry[];
  readonly #intents: readonly string[];
  readonly #thresholds: Readonly<Record<number, number>>;

  constructor(
    entries: readonly ListedEntry[],
    intents: readonly string[] = [],
    thresholds: Readonly<Record<number, number>> = {},
  ) {
    this.#entries = entries;
    this.#intents = intents;
    this.#thresholds = thresholds;
  }

  get ledger(): Ledger {
    return {
      evaluate: (name: string, request: object) => this.#evaluate(name, { ...request }),
    } as Ledger;
  }

  #evaluate(name: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.asked[name] = (this.asked[name] ?? 0) + 1;
    if (name === 'degraded:ListEntries') return Promise.resolve(this.#page(request));
    const entries = this.#entries.filter(({ requestHash }) => requestHash === request['requestHash']);
    if (name === 'degraded:GetRequest' && entries.length > 0)
      return Promise.resolve({ entries, request: {}, opened: {} });
    if (name === 'access:GetIntent' && this.#intents.includes(String(request['intentId'])))
      return Promise.resolve({ segments: [] });
    const threshold = this.#thresholds[Number(request['epoch'])];
    if (name === 'custody:GetEpoch' && threshold !== undefined)
      return Promise.resolve({ threshold, activatedAt: TIME });
    return Promise.reject(new DomainError('NOT_FOUND', 'not there'));
  }

  #page({ pageSize, bookmark = '0' }: Readonly<Record<string, unknown>>): object {
    const [from, size] = [Number(bookmark), Number(pageSize)];
    const isCut = from + size < this.#entries.length;
    const entries = this.#entries.slice(from, from + size);
    return { entries, ...(isCut && { bookmark: String(from + size) }) };
  }
}

describe('what journals name is looked up on the ledger', () => {
  test('attack 39: fifty thousand entries of a hospital that stand first brand no other as one that posted none', async () => {
    const junk = Array.from({ length: JUNK }, (_, at) =>
      entry('CedarMSP', `A${String(at).padStart(42, '0')}`),
    );
    const both = ['AlderMSP', 'BirchMSP'];
    const { ledger } = new FakeLedger([...junk, ...both.map((mspId) => entry(mspId, HONEST, both))]);
    const lines = [line(1, { kind: 'degraded-acknowledgement', requestHash: HONEST })];
    const journals = new Map(both.map((mspId) => [mspId, lines]));
    const posted = new PostedEntries();
    const { entries: listed, isWhole } = await posted.readOn(ledger);
    expect(isWhole).toBe(false);
    expect(listed.some(({ requestHash }) => requestHash === HONEST)).toBe(false);
    const { entries } = await lookUp(ledger, journals);
    expect(reconcileDegraded(journals, [...entries, ...listed], { threshold: 2 }).missing).toEqual([]);
    // The list is read on from there, so that no number of entries keeps one from being seen.
    let rounds = 1;
    for (let part = await posted.readOn(ledger); !part.isWhole; part = await posted.readOn(ledger))
      rounds += 1;
    expect(rounds).toBe(5);
  });

  test('a request whose entries stand in two parts of the list is whole in each', async () => {
    const both = ['AlderMSP', 'BirchMSP'];
    const first = Array.from({ length: 9_999 }, (_, at) =>
      entry('CedarMSP', `A${String(at).padStart(42, '0')}`),
    );
    const { ledger } = new FakeLedger([...first, ...both.map((mspId) => entry(mspId, HONEST, both))]);
    const posted = new PostedEntries();
    const { entries, isWhole } = await posted.readOn(ledger);
    expect([isWhole, reconcileDegraded(new Map(), entries, { threshold: 2 }).missing]).toEqual([false, []]);
    const next = await posted.readOn(ledger);
    expect([next.isWhole, reconcileDegraded(new Map(), next.entries, { threshold: 2 }).missing]).toEqual([
      true,
      [],
    ]);
  });

  test('attack 44: a journal of invented intents costs the own peer a bounded number of questions, and no other journal its comparison', async () => {
    const fake = new FakeLedger([], ['known']);
    const honest = [line(1, { intentId: 'known' })];
    const invented = Array.from({ length: 10_000 }, (_, at) => line(at + 1, { intentId: `in_${at}` }));
    const found = await lookUp(
      fake.ledger,
      new Map([
        ['CedarMSP', invented],
        ['AlderMSP', honest],
      ]),
    );
    expect(fake.asked['access:GetIntent']).toBe(MAX_UNKNOWN + 2);
    expect(found.unfinished).toEqual(['CedarMSP']);
    expect(found.journals.get('CedarMSP')).toHaveLength(MAX_UNKNOWN);
    expect([found.journals.get('AlderMSP'), [...found.intents.keys()]]).toEqual([honest, ['known']]);
  });

  test('attack 44: a journal of invented epochs costs a bounded number of questions, and no other journal the threshold of its own', async () => {
    const fake = new FakeLedger([], [], { 1: 2, 2: 3 });
    const invented = Array.from({ length: 10_000 }, (_, at) => line(at + 1, { epoch: at + 100 }));
    const honest = [line(1, { epoch: 1 }), line(2, { epoch: 2 }), line(3, { epoch: 1 })];
    const journals = new Map([
      ['CedarMSP', [...invented, line(10_001, { epoch: 1 })]],
      ['DogwoodMSP', undefined],
      ['AlderMSP', honest],
    ]);
    const epochs = await epochsIn(fake.ledger, journals);
    expect(Object.fromEntries(epochs)).toEqual({
      1: { threshold: 2, activatedAt: TIME },
      2: { threshold: 3, activatedAt: TIME },
    });
    expect(fake.asked['custody:GetEpoch']).toBe(MAX_UNKNOWN + 3);
  });

  test('an epoch that two journals invent is asked for once, and counts against both', async () => {
    const fake = new FakeLedger([], [], { 1: 2 });
    const invented = Array.from({ length: MAX_UNKNOWN + 1 }, (_, at) => line(at + 1, { epoch: at + 100 }));
    const journals = new Map([
      ['BirchMSP', invented],
      ['CedarMSP', [...invented, line(MAX_UNKNOWN + 2, { epoch: 1 })]],
    ]);
    expect((await epochsIn(fake.ledger, journals)).size).toBe(0);
    expect(fake.asked['custody:GetEpoch']).toBe(MAX_UNKNOWN + 1);
  });

  test('attack 39 and 44: entries of invented epochs cost a bounded number of questions, and no other custodian the epoch of its own', async () => {
    const fake = new FakeLedger([], [], { 1: 2, 2: 3 });
    const invented = Array.from({ length: 10_000 }, (_, at) => entry('CedarMSP', `h${at}`, [], 2 * at + 100));
    const epochs = await epochsIn(
      fake.ledger,
      epochsNamedBy([...invented, entry('AlderMSP', HONEST, [], 1)]),
    );
    expect([...epochs.keys()]).toEqual([1, 2]);
    expect(fake.asked['custody:GetEpoch']).toBe(MAX_UNKNOWN + 3);
  });
});
