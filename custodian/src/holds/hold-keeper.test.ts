// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, mspId } from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import { CENSORSHIP_ALARM_MS, HoldKeeper, nextPauseMs, type KeeperParts } from './hold-keeper.js';
import type { HoldKind } from './hold-kind.js';
import { HoldStore } from './hold-store.js';

/** A statement of a made-up kind: on what it lies, which one it is, and whose it is. */
type Said = Readonly<{ on: string; number: number; hospital: string }>;

const HOUR_MS = 3_600_000;
const over = new Set<string>();
const kind: HoldKind<Said> = {
  name: 'statement',
  decode: (value) => JSON.parse(String(value)) as Said,
  keyOf: ({ on }) => on,
  verify: () => Promise.resolve('open'),
  isOver: ({ on }) => Promise.resolve(over.has(on)),
  hospitalOf: ({ hospital }) => Promise.resolve(hospital),
  supersedes: (signed, standing) => signed.number > standing.number,
  transaction: 'test:Say',
  nameOf: ({ on }) => on,
  touchedBy: () => undefined,
  concerns: () => false,
  facts: ({ on, number }) => ({ requestHash: `${on} ${String(number)}` }),
  lapsesAt: () => Infinity,
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
    finality: { seenHeight: () => Promise.resolve(7), isFinal: () => true, changes: () => silent },
    ...change,
  };
  const opened = new HoldKeeper(kind, await HoldStore.open(folder, kind), parts);
  opened.start(stop.signal);
  return opened;
}

const say = (on: string, number = 1, hospital = 'AlderMSP'): Said => ({ on, number, hospital });

/** Waits for something that happens in its own time. */
function soon(condition: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, 10_000);
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

  test('the pauses between tries grow to a minute, and to hours once the alarm was raised', () => {
    const grown = (waitingMs: number): number => {
      let pauseMs = 1_000;
      for (let attempt = 0; attempt < 20; attempt += 1) pauseMs = nextPauseMs(pauseMs, waitingMs);
      return pauseMs;
    };
    expect(grown(CENSORSHIP_ALARM_MS - 1)).toBe(60_000);
    expect(grown(CENSORSHIP_ALARM_MS)).toBe(4 * HOUR_MS);
  });
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
