// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { layoutState } from '../plan/layout.js';
import { planProcesses } from '../plan/plan.js';
import type { ProcessKind } from '../plan/process-spec.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { inFolder } from '../testing/sleeper.js';
import { playAlone } from './story-ground.js';

/** A state folder whose supervisor names the processes of three hospitals, but for one kind. */
async function broughtUp(work: (root: string) => Promise<void>, without?: ProcessKind): Promise<void> {
  await inFolder(async (root) => {
    const at = layoutState(root);
    await writeFile(
      at.topologyFile,
      'hospitals:\n  - { id: alder, name: A }\n  - { id: birch, name: B }\n  - { id: cedar, name: C }\n',
    );
    await writeFile(at.portsFile, JSON.stringify({ base: 7100 }));
    if (without === undefined) await writeFile(at.profileFile, '{}');
    const running = planProcesses(await examplePlan()).filter(({ kind }) => kind !== without);
    const server = createServer((_, response) => {
      response.end(JSON.stringify(running.map((spec) => ({ spec, state: 'running', restarts: 0 }))));
    });
    await new Promise<void>((resolve) => server.listen(at.supervisorSocket, resolve));
    try {
      await work(root);
    } finally {
      server.close();
    }
  });
}

describe('a story on a consortium', () => {
  test('two at once: the second is refused before it plays, and plays once the first has ended', async () => {
    await broughtUp(async (root) => {
      let played = 0;
      const play = () => Promise.resolve((played += 1));
      await playAlone(root, async () => {
        await expect(playAlone(root, play)).rejects.toMatchObject({
          code: 'STATE_BUSY',
          advice: expect.stringContaining('Wait until it has ended'),
        });
      });
      expect(played).toBe(0);
      await expect(playAlone(root, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(await playAlone(root, play)).toBe(1);
    });
  });

  test('a consortium whose gateways were never started: a code, their names and the next step', async () => {
    await broughtUp(async (root) => {
      await expect(playAlone(root, () => Promise.resolve())).rejects.toMatchObject({
        code: 'PROCESS_NOT_READY',
        message: expect.stringContaining('Never started: alder/gateway, birch/gateway, cedar/gateway.'),
        advice: expect.stringContaining('`tutela up`'),
      });
    }, 'gateway');
  });

  test('no consortium, or one that is stopped: a code too', async () => {
    await inFolder(async (root) => {
      await expect(playAlone(root, () => Promise.resolve())).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    });
  });
});
