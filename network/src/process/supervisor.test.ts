// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, scriptSpec, until } from '../testing/sleeper.js';
import { controlServer } from './control-server.js';
import { isAlive, processIdentity } from './pid.js';
import type { ProcessEvent } from './managed-process.js';
import { Supervisor } from './supervisor.js';
import { SupervisorClient } from './supervisor-client.js';

const forever = 'setInterval(() => {}, 1000)';
const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';

interface Served {
  readonly client: SupervisorClient;
  readonly folder: string;
  readonly events: readonly ProcessEvent[];
  readonly remembered: () => readonly string[];
  readonly ended: () => boolean;
}

async function served(work: (served: Served) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const events: ProcessEvent[] = [];
    let remembered: readonly string[] = [];
    let ended = false;
    const supervisor = new Supervisor(
      (event) => events.push(event),
      (identities) => {
        remembered = identities;
      },
    );
    const server = controlServer(supervisor, () => {
      ended = true;
    });
    const socketPath = join(folder, 'supervisor.sock');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    try {
      await work({
        client: new SupervisorClient(socketPath),
        folder,
        events,
        remembered: () => remembered,
        ended: () => ended,
      });
    } finally {
      await supervisor.shutdown();
      server.close();
    }
  });
}

describe('a supervisor, asked over its socket', () => {
  test('starts a process once, however often it is asked', async () => {
    await served(async ({ client, folder, remembered }) => {
      const spec = scriptSpec(folder, forever);
      await client.ensure(spec);
      const [first] = await client.list();
      await client.ensure(spec);
      const [second] = await client.list();
      expect(second).toEqual({ spec, state: 'running', pid: first?.pid, restarts: 0 });
      expect(remembered().map((identity) => Number.parseInt(identity, 10))).toEqual([first?.pid]);
    });
  });

  test('restarts a process whose description changed', async () => {
    await served(async ({ client, folder }) => {
      await client.ensure(scriptSpec(folder, forever));
      const [before] = await client.list();
      await client.ensure(scriptSpec(folder, forever, { env: { TUTELA_EXAMPLE: 'new' } }));
      const [after] = await client.list();
      expect(after?.spec.env).toEqual({ TUTELA_EXAMPLE: 'new' });
      expect(after?.pid).not.toBe(before?.pid);
    });
  });

  test('keeps a stopped process stopped until it is asked to start it', async () => {
    await served(async ({ client, folder }) => {
      await client.ensure(scriptSpec(folder, forever));
      await client.act('alder/peer', 'stop');
      expect((await client.list()).map(({ pid, state }) => [state, pid])).toEqual([['stopped', undefined]]);
      await client.act('alder/peer', 'start');
      expect((await client.list()).map(({ state }) => state)).toEqual(['running']);
    });
  });

  test('names a process that is not there', async () => {
    await served(async ({ client }) => {
      await expect(client.act('alder/peer', 'stop')).rejects.toMatchObject({ code: 'PROCESS_UNKNOWN' });
    });
  });

  test('stops the kinds in reverse order and leaves nothing', async () => {
    await served(async ({ client, ended, events, folder, remembered }) => {
      await client.ensure(scriptSpec(folder, forever, { name: 'alder/ca', kind: 'ca' }));
      await client.ensure(scriptSpec(folder, forever, { name: 'alder/peer', kind: 'peer' }));
      const identities = remembered();
      expect(identities).toHaveLength(2);
      await client.shutdown();
      await until(ended);
      expect(events.filter(({ event }) => event === 'stopping').map(({ process }) => process)).toEqual([
        'alder/peer',
        'alder/ca',
      ]);
      expect(identities.filter(isAlive)).toEqual([]);
    });
  });
});

describe('a supervisor that is being ended', () => {
  /** A custodian that ends at once, and before it a gateway that does not; every identity that was ever remembered. */
  const ending = async ({ client, folder }: Served) => {
    await client.ensure(scriptSpec(folder, forever, { name: 'alder/custodian', kind: 'custodian' }));
    const logFile = join(folder, 'gateway.log');
    const overrides = { name: 'alder/gateway', kind: 'gateway', stopTimeoutMs: 700, logFile } as const;
    await client.ensure(scriptSpec(folder, stubborn, overrides));
    await until(() => (statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 0);
    return overrides;
  };

  test('starts nothing: a start or a change that was under way is refused, and nothing is left', async () => {
    await served(async (supervised) => {
      const { client, ended, events, folder } = supervised;
      await ending(supervised);
      await client.act('alder/custodian', 'stop');
      const ends = client.shutdown();
      await until(() =>
        events.some(({ event, process }) => event === 'stopping' && process === 'alder/gateway'),
      );
      const refused = { code: 'NOT_RUNNING', message: 'The consortium is being stopped.' };
      await expect(client.act('alder/custodian', 'start')).rejects.toMatchObject(refused);
      await expect(client.ensure(scriptSpec(folder, forever))).rejects.toMatchObject(refused);
      await ends;
      await until(ended);
      const started = events.flatMap(({ event, pid }) =>
        event === 'started' && pid !== undefined ? [pid] : [],
      );
      expect(started).toHaveLength(2);
      expect(started.filter((pid) => processIdentity(pid) !== undefined)).toEqual([]);
    });
  });

  test('a restart that waits for the old process to end starts no new one', async () => {
    await served(async (supervised) => {
      const { client, ended, events, folder } = supervised;
      const gateway = await ending(supervised);
      const changes = [
        client.act('alder/gateway', 'restart'),
        client.ensure(scriptSpec(folder, stubborn, { ...gateway, env: { TUTELA_EXAMPLE: 'new' } })),
      ].map((change) => change.catch((error: unknown) => error));
      await until(() => events.some(({ event }) => event === 'stopping'));
      await client.shutdown();
      for (const change of changes) expect(await change).toMatchObject({ code: 'NOT_RUNNING' });
      await until(ended);
      expect(events.filter(({ event }) => event === 'started')).toHaveLength(2);
    });
  });

  test('asked twice, both answers come once everything has ended; what ends is remembered until then', async () => {
    await served(async (supervised) => {
      const { client, events, remembered } = supervised;
      await ending(supervised);
      const [custodian = '', gateway = ''] = remembered();
      const first = client.shutdown();
      await until(() => events.some(({ event }) => event === 'stopping'));
      expect(remembered()).toEqual([custodian, gateway]);
      await client.shutdown();
      expect([custodian, gateway].filter(isAlive)).toEqual([]);
      await first;
      expect(remembered()).toEqual([]);
    });
  });
});

describe('a supervisor that is not there', () => {
  test('does not answer, and commands say what to do', async () => {
    await inFolder(async (folder) => {
      const client = new SupervisorClient(join(folder, 'none.sock'));
      expect(await client.answers()).toBe(false);
      await expect(client.list()).rejects.toMatchObject({
        code: 'NOT_RUNNING',
        message: 'The consortium is stopped.',
        advice: expect.stringContaining('npm start'),
      });
      expect(statSync(folder).isDirectory()).toBe(true);
    });
  });

  test('is another matter where it was killed, and its socket lies there still', async () => {
    await inFolder(async (folder) => {
      const socket = join(folder, 'left.sock');
      await writeFile(socket, '');
      await expect(new SupervisorClient(socket).list()).rejects.toMatchObject({
        code: 'SUPERVISOR_UNREACHABLE',
        advice: expect.stringContaining('tutela down'),
      });
    });
  });
});
