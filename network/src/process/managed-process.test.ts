// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, scriptSpec, until } from '../testing/sleeper.js';
import { ManagedProcess, type ProcessEvent } from './managed-process.js';
import { isAlive } from './pid.js';

const forever = 'setInterval(() => {}, 1000); console.log("up")';
const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';

function hasSaid(log: string): boolean {
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

describe('a managed process', () => {
  test('that is killed is started again, and that is said with the delay', async () => {
    await inFolder(async (folder) => {
      const events: ProcessEvent[] = [];
      const managed = new ManagedProcess(scriptSpec(folder, forever), (event) => events.push(event));
      managed.start();
      const first = managed.pid ?? 0;
      process.kill(first, 'SIGKILL');
      await until(() => managed.restarts === 1);
      expect(managed.pid).not.toBe(first);
      expect(events.slice(0, 2)).toEqual([
        { event: 'started', process: 'alder/peer', pid: first },
        { event: 'failed', process: 'alder/peer', signal: 'SIGKILL', restartInMs: 500 },
      ]);
      await managed.stop();
    });
  });

  test('that an operator starts waits no longer than at first, however often it ended before', async () => {
    await inFolder(async (folder) => {
      const delays: (number | undefined)[] = [];
      const managed = new ManagedProcess(scriptSpec(folder, 'process.exit(1)'), (event) => {
        if (event.event === 'failed') delays.push(event.restartInMs);
      });
      managed.start();
      await until(() => delays.length === 2);
      managed.start();
      await until(() => delays.length === 3);
      expect(delays).toEqual([500, 1000, 500]);
      await managed.stop();
    });
  });

  test('that is stopped stays stopped', async () => {
    await inFolder(async (folder) => {
      const managed = new ManagedProcess(scriptSpec(folder, forever), () => undefined);
      managed.start();
      const identity = managed.identities[0] ?? '';
      await managed.stop();
      expect([managed.state, managed.pid, isAlive(identity), managed.restarts]).toEqual([
        'stopped',
        undefined,
        false,
        0,
      ]);
    });
  });

  test('that ignores its signal is killed', async () => {
    await inFolder(async (folder) => {
      const spec = scriptSpec(folder, stubborn, { stopTimeoutMs: 200 });
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      const identity = managed.identities[0] ?? '';
      await managed.stop();
      expect([managed.lastExit, isAlive(identity)]).toEqual(['SIGKILL', false]);
    });
  });

  test('that is stopped twice at once: the second call too returns only once it has ended', async () => {
    await inFolder(async (folder) => {
      const spec = scriptSpec(folder, stubborn, { stopTimeoutMs: 300 });
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      const identity = managed.identities[0] ?? '';
      void managed.stop();
      expect(managed.identities).toEqual([identity]);
      await managed.stop();
      expect([isAlive(identity), managed.identities]).toEqual([false, []]);
    });
  });

  test('that is started again before it has ended: the next stop ends both', async () => {
    await inFolder(async (folder) => {
      const spec = scriptSpec(folder, stubborn, { stopTimeoutMs: 300 });
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      void managed.stop();
      managed.start();
      const both = managed.identities;
      expect(both).toHaveLength(2);
      await managed.stop();
      expect(both.filter(isAlive)).toEqual([]);
    });
  });

  test('that was frozen can still be stopped', async () => {
    await inFolder(async (folder) => {
      const spec = scriptSpec(folder, forever);
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      process.kill(managed.pid ?? 0, 'SIGSTOP');
      await managed.stop();
      expect(managed.lastExit).toBe('SIGTERM');
    });
  });

  test('finds no socket of an earlier run that was killed', async () => {
    await inFolder(async (folder) => {
      const socket = join(folder, 'peer.sock');
      const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`;
      const spec = scriptSpec(folder, script, { staleSockets: [socket] });
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      process.kill(managed.pid ?? 0, 'SIGKILL');
      await until(() => readFileSync(spec.logFile, 'utf8') === 'up\nup\n');
      expect(managed.restarts).toBe(1);
      await managed.stop();
    });
  });

  test('whose program is missing waits and tries again', async () => {
    await inFolder(async (folder) => {
      const managed = new ManagedProcess(
        scriptSpec(folder, '', { command: '/nowhere/program' }),
        () => undefined,
      );
      managed.start();
      await until(() => managed.state === 'waiting');
      expect(managed.lastExit).toContain('ENOENT');
      await managed.stop();
      expect(managed.state).toBe('stopped');
    });
  });

  test('sees its own environment and no more of this one than PATH and HOME', async () => {
    await inFolder(async (folder) => {
      const script =
        'console.log(JSON.stringify(Object.keys(process.env).sort())); setInterval(() => {}, 1000)';
      const spec = scriptSpec(folder, script, { env: { TUTELA_EXAMPLE: 'x' } });
      const managed = new ManagedProcess(spec, () => undefined);
      managed.start();
      await until(() => hasSaid(spec.logFile));
      expect(JSON.parse(readFileSync(spec.logFile, 'utf8'))).toEqual(['HOME', 'PATH', 'TUTELA_EXAMPLE']);
      expect(statSync(spec.logFile).mode & 0o777).toBe(0o600);
      await managed.stop();
    });
  });
});
