// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder } from '../testing/sleeper.js';
import { tryLock, withLock } from './lock.js';

describe('a lock', () => {
  test('lets one in at a time, and goes when the work is done or fails', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'lock');
      let inside = 0;
      let most = 0;
      const work = async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
      };
      await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
      expect([most, existsSync(path)]).toEqual([1, false]);
      await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(existsSync(path)).toBe(false);
    });
  });

  test('of a process that is gone is taken over', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(path, `${process.pid}:1`);
      expect([await tryLock(path), await tryLock(path), await tryLock(path)]).toEqual([false, true, false]);
    });
  });
});
