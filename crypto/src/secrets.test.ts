// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCommand, passphraseName, readPassphrase, readSecret, secretFault } from './secrets.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  file = join(folder, 'passphrase');
  await writeFile(file, 'a long passphrase\n', { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

const node = (script: string) => ({ command: [process.execPath, '-e', script] });

describe('attack 23: a file with a secret', () => {
  const own = { uid: 1000, ownUid: 1000 };

  test.each([0o600, 0o400])('is read by its owner alone, as mode %o says', (mode) => {
    for (const isCredential of [true, false]) {
      expect(secretFault({ ...own, mode, isCredential })).toBeUndefined();
      expect(secretFault({ mode, isCredential, uid: 0, ownUid: 1000 })).toBeUndefined();
      expect(secretFault({ mode, isCredential, uid: 1001, ownUid: 1000 })).toBe('belongs to another user');
    }
  });

  test.each([0o604, 0o602, 0o601, 0o620, 0o610, 0o644, 0o660])(
    'is refused anywhere when others have a right to it or its group writes it, as mode %o says',
    (mode) => {
      for (const isCredential of [true, false])
        expect(secretFault({ ...own, mode, isCredential })).toMatch(/may be read by others/);
    },
  );

  test('may be read by its group as a credential of systemd, and nowhere else', async () => {
    await chmod(file, 0o440);
    expect(await readSecret(file, folder)).toBe('a long passphrase\n');
    await expect(readSecret(file, undefined)).rejects.toThrow('may be read by others');
    const other = await mkdtemp(join(folder, 'credentials-'));
    await expect(readSecret(file, other)).rejects.toThrow('may be read by others');
    await symlink(file, join(other, 'passphrase'));
    await expect(readSecret(join(other, 'passphrase'), other)).rejects.toThrow('may be read by others');
  });

  test('is refused when it is missing, empty or no secret by its size', async () => {
    await expect(readSecret(join(folder, 'none'), undefined)).rejects.toThrow('cannot be read');
    await expect(readSecret(folder, undefined)).rejects.toThrow(`${folder} is no file`);
    await writeFile(file, '\n');
    await expect(readSecret(file, undefined)).rejects.toThrow('is empty');
    await writeFile(file, 'x'.repeat(1024 * 1024 + 1));
    await expect(readSecret(file, undefined)).rejects.toThrow('is larger than');
  });
});

describe('the passphrase', () => {
  test('is called by its file or its program, without the words of the command', () => {
    expect(passphraseName({ file: '/media/p' })).toBe('the passphrase in /media/p');
    expect(passphraseName({ command: ['secret-tool', 'lookup'] })).toBe(
      'the passphrase from the command secret-tool',
    );
  });

  test('comes from a file anywhere, without the line end', async () => {
    expect(await readPassphrase({ file }, undefined)).toBe('a long passphrase');
  });

  test('comes from what a command prints; no shell reads the command', async () => {
    expect(await readPassphrase(node('console.log("from $HOME")'), undefined)).toBe('from $HOME');
    await expect(readPassphrase(node(''), undefined)).rejects.toThrow('printed nothing');
  });

  test('attack 23: a command that fails is named without a word of what it printed', async () => {
    const failing = readPassphrase(
      node('console.log("secret"); console.error("secret"); process.exit(1)'),
      undefined,
    );
    await expect(failing).rejects.toThrow(/^the command for the passphrase failed or printed nothing$/);
  });

  test('a command is a JSON list of texts', () => {
    expect(parseCommand('["secret-tool","lookup","service","tutela"]')).toHaveLength(4);
    for (const wrong of ['secret-tool lookup', '[]', '[1]', '[""]', '{"command":"x"}'])
      expect(parseCommand(wrong)).toBeUndefined();
  });
});
