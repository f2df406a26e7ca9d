// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder } from '../testing/sleeper.js';
import { isAlive, processIdentity, signal } from './pid.js';
import { endSurvivors, rememberProcesses, survivors } from './stragglers.js';

describe('processes that outlived their supervisor', () => {
  test('are found by their notes and ended, even when frozen', async () => {
    await inFolder(async (folder) => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      const identity = processIdentity(child.pid ?? 0) ?? '';
      child.kill('SIGSTOP');
      const file = join(folder, 'processes.json');
      rememberProcesses(file, [identity]);
      expect(survivors(file)).toEqual([identity]);
      expect(await endSurvivors(file)).toBe(1);
      expect([isAlive(identity), survivors(file)]).toEqual([false, []]);
    });
  });

  test('are never mistaken for another process with the same number', async () => {
    await inFolder((folder) => {
      const file = join(folder, 'processes.json');
      rememberProcesses(file, [`${process.pid}:1`]);
      expect(survivors(file)).toEqual([]);
      expect(signal(`${process.pid}:1`, 'SIGKILL')).toBe(false);
    });
  });

  test('are none when the notes are missing or broken', async () => {
    await inFolder((folder) => {
      const file = join(folder, 'processes.json');
      expect(survivors(file)).toEqual([]);
      writeFileSync(file, '["12');
      expect(survivors(file)).toEqual([]);
    });
  });
});
