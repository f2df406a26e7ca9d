// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { watchRoots } from './trusted-roots.js';

const DEADLINE_MS = 10_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roots-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it does not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the roots that a gateway trusts', () => {
  test('are those of the file now, and stay when the file goes away', async () => {
    const file = join(folder, 'roots.pem');
    await writeFile(file, 'three hospitals');
    const failures: unknown[] = [];
    const { close, roots } = watchRoots(file, 'three hospitals', (error) => failures.push(error));
    try {
      expect(roots()).toBe('three hospitals');
      await writeFile(file, 'four hospitals, one of which has joined');
      await until(() => roots() !== 'three hospitals');
      expect(roots()).toBe('four hospitals, one of which has joined');
      await rm(file);
      await until(() => failures.length > 0);
      expect(roots()).toBe('four hospitals, one of which has joined');
    } finally {
      close();
    }
  });
});
