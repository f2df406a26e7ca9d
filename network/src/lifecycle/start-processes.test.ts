// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import type { ProcessRunner } from '../process/process-runner.js';
import { Supervisor } from '../process/supervisor.js';
import { inFolder, scriptSpec } from '../testing/sleeper.js';
import { waitUntilReady } from './start-processes.js';

test('a process that keeps ending: the command fails with the reason that the process wrote, long before the deadline', async () => {
  await inFolder(async (folder) => {
    const script = "throw new Error('[BAD_CONFIG] /media/p is empty')";
    const spec = scriptSpec(folder, script, { readyTimeoutMs: 60_000 });
    const supervisor = new Supervisor(
      () => undefined,
      () => undefined,
    );
    const runner: ProcessRunner = {
      ensure: (wanted) => supervisor.ensure(wanted),
      list: () => Promise.resolve(supervisor.list()),
    };
    await supervisor.ensure(spec);
    const since = performance.now();
    await expect(waitUntilReady(spec, runner)).rejects.toMatchObject({
      code: 'PROCESS_NOT_READY',
      message: 'alder/peer is not ready: it keeps ending: [BAD_CONFIG] /media/p is empty',
    });
    expect(performance.now() - since).toBeLessThan(30_000);
    await supervisor.shutdown();
  });
});
