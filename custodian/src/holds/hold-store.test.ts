// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HoldStore, type Hold } from './hold-store.js';

let folder: string;
let store: HoldStore<string>;
const kind = { keyOf: (signed: string) => signed, decode: (value: unknown) => String(value) };
const hold: Hold<string> = { v: 1, since: 0, signed: 'con_1' };

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
    expect(store.findSince('con_1', moment)).toBe(hold);
  });

  test('finds the hold that came and went meanwhile', async () => {
    const { moment } = store;
    await store.keep(hold);
    await store.end(hold);
    expect(store.findSince('con_1', moment)).toBe(hold);
  });

  test('one that begins afterwards does not, for the ledger has what was held', async () => {
    await store.keep(hold);
    await store.end(hold);
    expect(store.findSince('con_1', store.moment)).toBeUndefined();
    expect(store.findSince('con_2', 0)).toBeUndefined();
  });
});
