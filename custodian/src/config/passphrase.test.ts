// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { commandText, readPassphrase } from './passphrase.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passphrase-'));
});
afterEach(() => rm(folder, { recursive: true }));

const node = (script: string) => ({ command: [process.execPath, '-e', script] });

describe('the passphrase', () => {
  test('comes from a file anywhere, without the line end', async () => {
    const file = join(folder, 'passphrase');
    await writeFile(file, 'a long passphrase\n');
    expect(await readPassphrase({ file })).toBe('a long passphrase');
    await writeFile(file, '\n');
    await expect(readPassphrase({ file })).rejects.toThrow('the passphrase is empty');
  });

  test('comes from what a command prints; no shell reads the command', async () => {
    expect(await readPassphrase(node('console.log("from $HOME")'))).toBe('from $HOME');
    await expect(readPassphrase(node(''))).rejects.toThrow('the passphrase is empty');
  });

  test('attack 23: a command that fails is named without a word of what it printed', async () => {
    const failing = readPassphrase(node('console.log("secret"); console.error("secret"); process.exit(1)'));
    await expect(failing).rejects.toThrow(/^\[BAD_CONFIG\] the command for the passphrase failed$/);
  });

  test('a command is a JSON list of texts', () => {
    expect(commandText.parse('["secret-tool","lookup","service","tutela"]')).toHaveLength(4);
    for (const wrong of ['secret-tool lookup', '[]', '[1]', '{"command":"x"}'])
      expect(commandText.safeParse(wrong).success).toBe(false);
  });
});
