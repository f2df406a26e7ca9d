// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, mspId } from '@tutela/chaincode/domain';
import { Signal, waitUntil } from '../freshness/wait-until.js';
import { HoldKeeper, type KeeperParts } from './hold-keeper.js';
import type { HoldKind } from './hold-kind.js';
import { HoldStore } from './hold-store.js';

/** A statement of a made-up kind: on what it lies, which one it is, and whose it is. */
type Said = Readonly<{ on: string; number: number; hospital: string }>;

const over = new Set<string>();
const committed = new Set<string>();
/** When holds lapse that do, and of how many it was asked. */
const lapses = new Map<string, number>();
let lapsesAsked = 0;
const kind: HoldKind<Said> = {
  name: 'statement',
  decode: (value) => value as Said,
  keyOf: ({ on }) => on,
  subjectOf: ({ on }) => on,
  verify: ({ on }) => Promise.resolve(committed.has(on) ? { by: on } : 'open'),
  isOver: ({ on }) => Promise.resolve(over.has(on)),
  hospitalOf: ({ hospital }) => Promise.resolve(hospital),
  supersedes: (signed, standing) => signed.number > standing.number,
  transaction: 'test:Say',
  nameOf: ({ on }) => on,
  touchedBy: () => undefined,
  concerns: () => false,
  facts: ({ on, number }) => ({ requestHash: `${on} ${String(number)}` }),
  lapsesAt: ({ on }) => {
    lapsesAsked += 1;
    return lapses.get(on) ?? Infinity;
  },
};

let folder: string;
let stop: AbortController;
let submitted: Said[];
let sent: (readonly [url: string, said: object])[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keeper-'));
  stop = new AbortController();
  submitted = [];
  sent = [];
  over.clear();
  committed.clear();
  lapses.clear();
});
afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
});

const silent = (): void => undefined;
const member = (of: string) => ({ mspId: mspId(of, 'test'), url: `https://${of}` });

/** A keeper whose statements never reach the ledger. */
async function keeper(change: Partial<KeeperParts> = {}): Promise<HoldKeeper<Said>> {
  const parts: KeeperParts = {
    ledger: {
      submit: (_, said) => {
        submitted.push(said as Said);
        return Promise.reject(new DomainError('COMMIT_UNKNOWN', 'dropped'));
      },
    },
    chain: { onBlock: () => silent },
    clock: () => 0,
    log: { info: silent, warn: silent, error: silent },
    journal: { append: () => Promise.resolve('') },
    client: {
      get: () => Promise.resolve({}),
      post: ({ url }, path, said) => Promise.resolve(sent.push([`${url}${path}`, said])),
      close: () => Promise.resolve(),
    },
    others: () => [],
    finality: {
      seenHeight: () => Promise.resolve(7),
      isFinal: () => true,
      hasFinal: () => Promise.resolve(true),
      changes: () => silent,
    },
    ...change,
  };
  const opened = new HoldKeeper(kind, await HoldStore.open(folder, kind), parts);
  opened.start(stop.signal);
  return opened;
}

const say = (on: string, number = 1, hospital = 'AlderMSP'): Said => ({ on, number, hospital });

/** Waits for something that happens in its own time. */
function soon(condition: () => boolean, withinMs = 10_000): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, withinMs);
}

describe('holds that wait for the ledger', () => {
  test('attack 44: a hospital that fills its own limit keeps no other hospital from holding', async () => {
    const holds = await keeper({ maxPerHospital: 2 });
    await holds.accept(say('one'), 'outside');
    await holds.accept(say('two'), 'outside');
    await expect(holds.accept(say('three'), 'outside')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await holds.accept(say('three', 1, 'BirchMSP'), 'outside');
    expect(['one', 'two', 'three'].map((on) => holds.find(on)?.hospital)).toEqual([
      'AlderMSP',
      'AlderMSP',
      'BirchMSP',
    ]);
  });

  test('a hold at the limit is answered as before, and may be superseded', async () => {
    const holds = await keeper({ maxPerHospital: 1 });
    await holds.accept(say('one'), 'outside');
    await holds.accept(say('one'), 'outside');
    await holds.accept(say('one', 2), 'outside');
    expect(holds.find('one')?.signed.number).toBe(2);
  });

  test('attack 44: many holds of one hospital that never commit delay no other hospital’s', async () => {
    const submit = (_: string, said: object): Promise<never> => {
      submitted.push(said as Said);
      return new Promise(() => undefined);
    };
    const holds = await keeper({ ledger: { submit } });
    for (let number = 0; number < 20; number += 1) await holds.accept(say(`on${String(number)}`), 'outside');
    await holds.accept(say('other', 1, 'BirchMSP'), 'outside');
    const isOf = (of: string) => (said: Said) => said.hospital === of;
    expect(await soon(() => submitted.some(isOf('BirchMSP')))).toBe(true);
    expect(submitted.filter(isOf('AlderMSP'))).toHaveLength(4);
  });
});

/** Heights that the test makes final; a head that comes is a notice. */
class TestFinality {
  readonly signal = new Signal();
  final = -1;
  seen = 0;
  asked = 0;

  get parts(): Pick<KeeperParts, 'finality' | 'ledger'> {
    const isFinal = (height: number): boolean => {
      this.asked += 1;
      return height <= this.final;
    };
    const hasFinal = (): Promise<boolean> => Promise.resolve(false);
    const seenHeight = (): Promise<number> => Promise.resolve((this.seen += 1));
    return {
      finality: { seenHeight, isFinal, hasFinal, changes: this.signal.changes },
      ledger: {
        submit: (_, said) => {
          over.add((said as Said).on);
          return Promise.resolve({});
        },
      },
    };
  }

  /** A head that makes all up to a height final. */
  reach(height: number): void {
    this.final = height;
    this.signal.notify();
  }
}

/** Holds so many things of a hospital, and waits until the ledger has all that is said of them. */
async function untilOver(holds: HoldKeeper<Said>, count: number, hospital = 'AlderMSP'): Promise<void> {
  for (let at = 1; at <= count; at += 1)
    await holds.accept(say(`${hospital}-${String(at)}`, 1, hospital), 'outside');
  expect(await soon(() => holds.waiting().length === 0)).toBe(true);
}

describe('holds that are over and not final', () => {
  test('attack 44: a head looks only at the lowest of the holds that are over and not final, and they end in this order as heights become final', async () => {
    const finality = new TestFinality();
    const holds = await keeper(finality.parts);
    await untilOver(holds, 12);
    finality.asked = 0;
    for (let heads = 0; heads < 10; heads += 1) finality.reach(-1);
    expect(finality.asked).toBe(10);
    expect(holds.all()).toHaveLength(12);
    finality.reach(5);
    expect(await soon(() => holds.all().length === 7)).toBe(true);
    expect(finality.asked).toBeLessThanOrEqual(16);
    finality.reach(12);
    expect(await soon(() => holds.all().length === 0)).toBe(true);
    await soon(() => false, 50);
    expect(await readdir(folder)).toEqual([]);
  });

  test('attack 44: a hospital has a bounded number of holds that are over and not final; they still hold, and other hospitals have room', async () => {
    const finality = new TestFinality();
    const holds = await keeper({ ...finality.parts, maxPerHospital: 2 });
    await untilOver(holds, 2);
    await expect(holds.accept(say('third'), 'outside')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await untilOver(holds, 2, 'BirchMSP');
    expect(holds.all()).toHaveLength(4);
    expect(holds.find('AlderMSP-1')).toBeDefined();
    finality.reach(1);
    expect(await soon(() => holds.find('AlderMSP-1') === undefined)).toBe(true);
    await holds.accept(say('third'), 'outside');
    expect(holds.find('third')).toBeDefined();
  });

  test('attack 44: a hold that is over leaves the disk when its time has passed, though its end is not final', async () => {
    const finality = new TestFinality();
    let now = 0;
    lapses.set('AlderMSP-2', 1_000);
    const holds = await keeper({ ...finality.parts, clock: () => now });
    await untilOver(holds, 3);
    now = 999;
    finality.reach(-1);
    expect(holds.all()).toHaveLength(3);
    now = 1_000;
    finality.reach(-1);
    expect(await soon(() => holds.all().length === 2)).toBe(true);
    await soon(() => false, 50);
    expect((await readdir(folder)).sort()).toEqual(['AlderMSP-1.json', 'AlderMSP-3.json']);
  });
});

test('attack 44: the holds on one identity are found without a look at the holds on others', async () => {
  const holds = await keeper();
  for (let at = 0; at < 20; at += 1) await holds.accept(say(`on${String(at)}`), 'outside');
  const watched = holds.watch();
  lapsesAsked = 0;
  expect([holds.on('on7').length, watched('on8').length, watched('elsewhere').length]).toEqual([1, 1, 0]);
  expect(lapsesAsked).toBe(2);
});

describe('a hold that takes the place of another', () => {
  test('is sent to every custodian again, and is what is brought to the ledger from then on', async () => {
    const others = [member('BirchMSP'), member('CedarMSP')];
    const holds = await keeper({ others: () => others });
    await holds.accept(say('one'), 'custodian');
    expect(await soon(() => sent.length === 2)).toBe(true);
    await holds.accept(say('one', 2), 'outside');
    expect(await soon(() => sent.length === 4)).toBe(true);
    expect(sent.slice(2)).toEqual(others.map(({ url }) => [`${url}/v1/holds`, say('one', 2)]));
    expect(await soon(() => submitted.length > 1)).toBe(true);
    expect(new Set(submitted.map(({ number }) => number))).toEqual(new Set([2]));
  });

  test('an older one is covered by it, unless what is in force has nothing left to hold', async () => {
    const holds = await keeper();
    await holds.accept(say('one', 2), 'outside');
    await holds.accept(say('one', 1), 'outside');
    expect(holds.find('one')?.signed.number).toBe(2);
    over.add('one');
    await holds.accept(say('one', 1), 'outside');
    expect(holds.find('one')?.signed.number).toBe(1);
  });
});

describe('holds that take one another’s place without end', () => {
  /** What of each line the tests judge. */
  type Line = readonly [kind: string, count: number | undefined];
  let lines: Line[];
  beforeEach(() => {
    lines = [];
  });
  const append: KeeperParts['journal']['append'] = (facts) => {
    for (const { kind: of, count } of facts) lines.push([of, count]);
    return Promise.resolve('');
  };
  const sayMany = async (holds: HoldKeeper<Said>, from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number += 1) await holds.accept(say('one', number), 'outside');
  };

  test('attack 44: each of the holds that take one another’s place is in force at once, also after a restart, and they have a line whenever their count has doubled', async () => {
    const holds = await keeper({ journal: { append } });
    await sayMany(holds, 1, 60);
    expect(holds.find('one')?.signed.number).toBe(60);
    expect(lines).toEqual([undefined, 2, 4, 8, 16, 32].map((count) => ['hold', count]));
    stop.abort();
    stop = new AbortController();
    const restarted = await keeper({ journal: { append } });
    expect(restarted.find('one')?.signed.number).toBe(60);
    await restarted.accept(say('one', 60), 'outside');
    expect(lines).toHaveLength(6);
  });

  test('attack 44: holds that take one another’s place are sent and brought to the ledger once in a pause, the newest alone', async () => {
    const holds = await keeper({ others: () => [member('BirchMSP')] });
    await sayMany(holds, 1, 60);
    const isNewest = (said: object | undefined): boolean => (said as Said | undefined)?.number === 60;
    expect(await soon(() => isNewest(sent.at(-1)?.[1]) && isNewest(submitted.at(-1)))).toBe(true);
    expect(sent.length).toBeLessThan(5);
    expect(submitted.filter(({ number }) => number < 60).length).toBeLessThan(3);
  });

  test('attack 44: holds that lapse as soon as they come have a line, and one of their end, whenever their count has doubled', async () => {
    let now = 1;
    const holds = await keeper({ journal: { append }, clock: () => now });
    for (let number = 1; number <= 20; number += 1) {
      lapses.set('one', now + 1);
      await holds.accept(say('one', number), 'outside');
      now += 1;
      while ((await readdir(folder)).length > 0) await sleep(5);
    }
    expect(lines.filter(([of]) => of === 'hold')).toHaveLength(5);
    expect(lines.filter(([of]) => of === 'hold-ended')).toHaveLength(5);
  });

  test('one that comes after the ledger has ended those before holds at once and has a line of its own', async () => {
    const finality = new TestFinality();
    finality.final = 100;
    let isTaken = false;
    const submit = (): Promise<object> =>
      isTaken ? Promise.resolve({}) : Promise.reject(new DomainError('COMMIT_UNKNOWN', 'dropped'));
    const holds = await keeper({ ...finality.parts, ledger: { submit }, journal: { append } });
    await sayMany(holds, 1, 3);
    isTaken = true;
    expect(await soon(() => holds.find('one') === undefined)).toBe(true);
    expect(await soon(() => lines.length === 3)).toBe(true);
    isTaken = false;
    await holds.accept(say('one', 4), 'outside');
    expect(holds.find('one')?.signed.number).toBe(4);
    expect(lines).toEqual([
      ['hold', undefined],
      ['hold', 2],
      ['hold-ended', undefined],
      ['hold', undefined],
    ]);
  });

  test('one that comes while another is brought to the ledger outlives that one and is brought there too', async () => {
    let take: (() => void) | undefined;
    const submit = (_: string, said: object): Promise<object> => {
      submitted.push(said as Said);
      return new Promise((resolve) => {
        take = () => {
          resolve({});
        };
      });
    };
    const holds = await keeper({ ledger: { submit } });
    await holds.accept(say('one'), 'outside');
    expect(await soon(() => submitted.length === 1)).toBe(true);
    await holds.accept(say('one', 2), 'outside');
    take?.();
    expect(await soon(() => submitted.length === 2)).toBe(true);
    expect(holds.find('one')?.signed.number).toBe(2);
    expect(submitted[1]?.number).toBe(2);
  });
});

describe('a disk that refused a hold once', () => {
  test('a hold that the disk refused is written, sent and brought to the ledger when it comes again', async () => {
    const lines: unknown[] = [];
    let isFull = true;
    const append: KeeperParts['journal']['append'] = (facts) => {
      if (isFull) return Promise.reject(new Error('no space'));
      lines.push(...facts);
      return Promise.resolve('');
    };
    const holds = await keeper({ journal: { append }, others: () => [member('BirchMSP')] });
    await rm(folder, { recursive: true });
    await expect(holds.accept(say('one'), 'outside')).rejects.toThrow();
    expect(holds.find('one')).toBeDefined();
    await mkdir(folder);
    await expect(holds.accept(say('one'), 'outside')).rejects.toThrow('no space');
    expect(await readdir(folder)).toEqual(['one.json']);
    expect([sent.length, submitted.length]).toEqual([0, 0]);
    isFull = false;
    await Promise.all([holds.accept(say('one'), 'outside'), holds.accept(say('one'), 'outside')]);
    expect(lines).toHaveLength(1);
    expect(sent).toHaveLength(1);
    expect(await soon(() => submitted.length === 1)).toBe(true);
  });

  test('the hold is written when one comes under its key, also where the ledger has it and that is not final', async () => {
    const finality = new TestFinality();
    const holds = await keeper(finality.parts);
    await rm(folder, { recursive: true });
    await expect(holds.accept(say('one'), 'outside')).rejects.toThrow();
    await mkdir(folder);
    over.add('one');
    committed.add('one');
    await holds.accept(say('one', 0), 'outside');
    expect(holds.waiting()).toEqual([]);
    expect(holds.find('one')).toBeDefined();
    expect(await readdir(folder)).toEqual(['one.json']);
  });
});
