// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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

describe('a disk that refused', () => {
  test('a hold that the disk refused once is written when it is sent again, and erased at its end', async () => {
    await rm(folder, { recursive: true });
    await expect(store.keep(hold)).rejects.toThrow();
    expect(store.find('con_1')).toBe(hold);
    await expect(store.settled('con_1')).rejects.toThrow();
    await mkdir(folder);
    await store.settled('con_1');
    expect((await HoldStore.open(folder, kind)).find('con_1')).toEqual(hold);
    await store.end(hold);
    expect(await readdir(folder)).toEqual([]);
  });

  test('the end that it refused once is written when that is asked for again', async () => {
    await store.keep(hold);
    const [file] = await readdir(folder);
    const bytes = await readFile(join(folder, String(file)));
    await rm(folder, { recursive: true });
    await expect(store.end(hold)).rejects.toThrow();
    await mkdir(folder);
    await writeFile(join(folder, String(file)), bytes);
    await store.settled('con_1');
    expect(await readdir(folder)).toEqual([]);
  });
});

test('attack 44: of many holds that take one another’s place while the disk writes, the newest alone is written next', async () => {
  const kept = Array.from({ length: 200 }, (_, since) => store.keep({ ...hold, since }));
  await kept[0];
  await kept[199];
  expect((await HoldStore.open(folder, kind)).find('con_1')?.since).toBe(199);
});
