// SPDX-License-Identifier: Apache-2.0
import { link, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openAtRest, utf8 } from '@tutela/crypto';
import { passphraseSealer } from '../share/sealer.js';
import { CeremonyStore } from './ceremony-secrets.js';

const CEREMONY = `cer_${'a'.repeat(22)}`;
const OTHER = `cer_${'b'.repeat(22)}`;
const PLACE = `Tutela-v1-ceremony-secrets/${CEREMONY}`;
const FIRST = 'the ephemeral key of the ceremony';
const SECOND = 'the ephemeral key after the dealing';
const sealer = passphraseSealer('a long passphrase');

let folder: string;
let disk: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ceremonies-'));
  disk = await mkdtemp(join(tmpdir(), 'disk-'));
});
afterEach(() => Promise.all([folder, disk].map((one) => rm(one, { recursive: true }))));

/** Holds on to what lies on the disk now, as a disk does after a file has been replaced or removed. */
async function holdOn(): Promise<void> {
  const held = (await readdir(disk)).length;
  for (const file of await readdir(folder)) await link(join(folder, file), join(disk, `${held}-${file}`));
}

/** What somebody with the whole disk and the passphrase can read. */
async function readable(): Promise<string> {
  const all = await Promise.all((await readdir(disk)).map((file) => readFile(join(disk, file))));
  const opened = all.flatMap((bytes) => [
    ...attempt(() => sealer.open(PLACE, bytes)),
    ...attempt(() => sealer.open(`${PLACE}/key`, bytes)),
  ]);
  const inner = opened.flatMap((key) =>
    all.flatMap((bytes) => attempt(() => openAtRest({ key }, bytes, utf8(PLACE)))),
  );
  return [...all, ...opened, ...inner].map((bytes) => Buffer.from(bytes).toString('latin1')).join('\n');
}

function attempt(open: () => Uint8Array): readonly Uint8Array[] {
  try {
    return [open()];
  } catch {
    return [];
  }
}

describe('the secrets of a ceremony', () => {
  test('are read again after a restart, each version in its turn, and are empty where there are none', async () => {
    const store = await CeremonyStore.open(folder, sealer);
    await store.save(CEREMONY, { v: 1, ephemeralKey: FIRST });
    await store.save(CEREMONY, { v: 1, ephemeralKey: SECOND });
    const again = await CeremonyStore.open(folder, sealer);
    expect(await again.load(CEREMONY)).toEqual({ v: 1, ephemeralKey: SECOND });
    expect(await again.load(OTHER)).toEqual({ v: 1 });
    expect(await again.ids()).toEqual([CEREMONY]);
  });

  test('attack 26: once a ceremony has ended, no version of its secrets opens, whatever the disk has kept', async () => {
    const store = await CeremonyStore.open(folder, sealer);
    await store.save(CEREMONY, { v: 1, ephemeralKey: FIRST });
    await holdOn();
    await store.save(CEREMONY, { v: 1, ephemeralKey: SECOND });
    await holdOn();
    expect(await readable()).toContain(SECOND);
    await store.erase(CEREMONY);
    const found = await readable();
    expect(found).not.toContain(FIRST);
    expect(found).not.toContain(SECOND);
    expect(await readdir(folder)).toEqual([]);
  });

  test('attack 26: what a kill left half written is erased at the next start, and so is the key of an erasure', async () => {
    const store = await CeremonyStore.open(folder, sealer);
    await store.save(CEREMONY, { v: 1, ephemeralKey: FIRST });
    await store.save(OTHER, { v: 1, ephemeralKey: SECOND });
    const unfinished = sealer.seal(PLACE, Buffer.from(FIRST));
    await writeFile(join(folder, `${CEREMONY}.sealed.next`), unfinished);
    await holdOn();
    await rm(join(folder, `${CEREMONY}.sealed`));
    const again = await CeremonyStore.open(folder, sealer);
    expect(await readable()).not.toContain(FIRST);
    expect(await again.load(OTHER)).toEqual({ v: 1, ephemeralKey: SECOND });
  });

  test('secrets that were sealed without a key of their own still open', async () => {
    const bytes = Buffer.from(JSON.stringify({ v: 1, ephemeralKey: FIRST }));
    await writeFile(join(folder, `${CEREMONY}.sealed`), sealer.seal(PLACE, bytes));
    const store = await CeremonyStore.open(folder, sealer);
    expect(await store.load(CEREMONY)).toEqual({ v: 1, ephemeralKey: FIRST });
  });
});
