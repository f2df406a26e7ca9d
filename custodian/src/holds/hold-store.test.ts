// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HoldStore, type Hold } from './hold-store.js';

let folder: string;
let store: HoldStore<string>;
const kind = {
  keyOf: (signed: string) => signed,
  subjectOf: (signed: string) => signed,
  decode: (value: unknown) => String(value),
};
const hold: Hold<string> = { v: 1, since: 0, hospital: 'AlderMSP', signed: 'con_1' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holds-'));
  store = await HoldStore.open(folder, kind);
});
afterEach(() => rm(folder, { recursive: true }));

describe('attack 15: a release in flight while a hold ends', () => {
  test('finds the hold that was in force when it began', async () => {
    await store.keep(hold);
    const { moment } = store;
    await store.end(hold);
    expect(store.find('con_1')).toBeUndefined();
    expect(store.onSince('con_1', moment)).toEqual([hold]);
  });

  test('finds the hold that came and went meanwhile', async () => {
    const { moment } = store;
    await store.keep(hold);
    await store.end(hold);
    expect(store.onSince('con_1', moment)).toEqual([hold]);
  });

  test('one that begins afterwards does not, for the ledger has what was held', async () => {
    await store.keep(hold);
    await store.end(hold);
    expect(store.onSince('con_1', store.moment)).toEqual([]);
    expect(store.onSince('con_2', 0)).toEqual([]);
  });
});

test('a hold whose file an earlier version named otherwise is kept, and its file goes when it ends', async () => {
  await store.keep(hold);
  await rename(join(folder, 'con_1.json'), join(folder, 'earlier_1.json'));
  const again = await HoldStore.open(folder, kind);
  expect(again.find('con_1')).toEqual(hold);
  const [kept] = again.all();
  if (kept !== undefined) await again.end(kept);
  expect(await readdir(folder)).toEqual([]);
});
