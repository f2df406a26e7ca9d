// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadTokenKey } from './token-key.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutela-token-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

const der = (key: Awaited<ReturnType<typeof loadTokenKey>>) => key.export({ format: 'der', type: 'pkcs8' });

test('the token key is made once, for its owner alone, and opens only with the passphrase', async () => {
  const first = await loadTokenKey(folder, 'right');
  expect(der(await loadTokenKey(folder, 'right'))).toEqual(der(first));
  await expect(loadTokenKey(folder, 'wrong')).rejects.toThrow();
  const [file, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  const path = join(folder, String(file));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readFile(path)).includes(der(first).subarray(-40))).toBe(false);
});

test('of two first starts at once both end with the same key', async () => {
  const [one, other] = await Promise.all([loadTokenKey(folder, 'p'), loadTokenKey(folder, 'p')]);
  expect(der(one)).toEqual(der(other));
});
