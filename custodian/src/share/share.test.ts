// SPDX-License-Identifier: Apache-2.0
import { link, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CustodianSet } from '@tutela/chaincode/domain';
import { backupShare, restoreShare } from './backup.js';
import type { CustodyShare } from './custody-share.js';
import { passphraseSealer } from './sealer.js';
import { ShareStore } from './share-store.js';

const share: CustodyShare = {
  v: 1,
  mspId: 'AlderMSP',
  ceremonyId: `cer_${'a'.repeat(22)}`,
  epoch: 3,
  threshold: 2,
  index: 1,
  publicKey: 'P'.repeat(43),
  verificationKeys: ['V'.repeat(43), 'W'.repeat(43)],
  transcriptHash: 'T'.repeat(43),
  secret: 'S'.repeat(43),
};
const active = {
  epoch: 3,
  ceremonyId: share.ceremonyId,
  publicKey: share.publicKey,
  members: [
    { mspId: 'AlderMSP', index: 1 },
    { mspId: 'BirchMSP', index: 2 },
  ],
} as unknown as CustodianSet;
const passphrase = 'a long passphrase';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'share-'));
});
afterEach(() => rm(folder, { recursive: true }));

function open(secret: string): Promise<ShareStore> {
  return ShareStore.open({ folder, mspId: 'AlderMSP', sealer: passphraseSealer(secret) });
}

describe('shares at rest', () => {
  test('are sealed, private to the user, and open again with the same passphrase alone', async () => {
    await (await open(passphrase)).keep(share);
    const [file] = await readdir(folder);
    const path = join(folder, file ?? '');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path)).toString('latin1')).not.toContain(share.secret);
    expect((await open(passphrase)).find(share)).toEqual(share);
    await expect(open('another passphrase')).rejects.toMatchObject({ code: 'AT_REST' });
  });

  test('attack 26: a share that is replaced or erased, or was half written at a kill, leaves no bytes behind', async () => {
    const sealer = passphraseSealer(passphrase);
    const store = await open(passphrase);
    await store.keep(share);
    const [file = ''] = await readdir(folder);
    const path = join(folder, file);
    const held = await mkdtemp(join(tmpdir(), 'held-'));
    await link(path, join(held, 'first'));
    await store.keep(share);
    await link(path, join(held, 'second'));
    await writeFile(`${path}.next`, sealer.seal('elsewhere', Buffer.from(share.secret)));
    await link(`${path}.next`, join(held, 'unfinished'));
    await (await open(passphrase)).erase(share);
    for (const name of ['first', 'second', 'unfinished'])
      expect((await readFile(join(held, name))).every((byte) => byte === 0)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
    await rm(held, { recursive: true });
  });

  test('a wrong passphrase: the error names the passphrase’s place and the sealed file', async () => {
    await (await open(passphrase)).keep(share);
    const [file = ''] = await readdir(folder);
    const sealer = passphraseSealer('another passphrase', 'the passphrase in /media/p');
    await expect(ShareStore.open({ folder, mspId: 'AlderMSP', sealer })).rejects.toMatchObject({
      code: 'AT_REST',
      message: `the passphrase in /media/p does not open ${join(folder, file)}`,
    });
  });

  test('a share under another name does not open', async () => {
    await (await open(passphrase)).keep(share);
    const [file] = await readdir(folder);
    await writeFile(join(folder, `4-${share.ceremonyId}.sealed`), await readFile(join(folder, file ?? '')));
    await expect(open(passphrase)).rejects.toMatchObject({ code: 'AT_REST' });
  });

  test('an erased share is gone from memory and disk', async () => {
    const store = await open(passphrase);
    await store.keep(share);
    await store.erase(share);
    expect(store.find(share)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('backups', () => {
  test('restore the own share of the active epoch', () => {
    const backup = backupShare(share, passphrase);
    expect(restoreShare({ backup, passphrase }, { mspId: 'AlderMSP', active })).toEqual(share);
  });

  test('attack 16: a backup of an old epoch, or of another hospital, is refused', () => {
    const backup = backupShare(share, passphrase);
    const refuse =
      (mspId: string, set: object): (() => CustodyShare) =>
      () =>
        restoreShare({ backup, passphrase }, { mspId, active: { ...active, ...set } });
    expect(refuse('AlderMSP', { epoch: 4 })).toThrow('not the share of the active epoch');
    expect(refuse('AlderMSP', { ceremonyId: `cer_${'b'.repeat(22)}` })).toThrow('not the share');
    expect(refuse('BirchMSP', {})).toThrow('not the share');
  });

  test('a weak passphrase makes none, and a wrong one opens none', () => {
    expect(() => backupShare(share, 'short')).toThrow('at least 12');
    const backup = backupShare(share, passphrase);
    expect(() =>
      restoreShare({ backup, passphrase: 'another passphrase' }, { mspId: 'AlderMSP', active }),
    ).toThrow('does not open');
  });
});
