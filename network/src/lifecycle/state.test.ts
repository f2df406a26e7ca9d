// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inFolder } from '../testing/sleeper.js';
import { loadTopology, defaultTopologyPath, parseTopology } from '../topology/load.js';
import { choosePorts, takenPorts } from './choose-ports.js';
import { keptSecret } from './files.js';
import { checkOrdering } from './ordering.js';
import { makeState, openState, stateDir } from './state.js';

const fixed = () => Promise.resolve(7100);
const two = 'hospitals:\n  - { id: alder, name: Alder }\n  - { id: birch, name: Birch }\n';

describe('a state folder', () => {
  test('is private, keeps its topology and its ports, and opens as it was made', async () => {
    await inFolder(async (folder) => {
      const root = join(folder, 's');
      const made = await makeState(root, undefined, fixed);
      const reopened = await openState(root);
      expect(reopened.topology).toEqual(made.topology);
      expect(reopened.basePort).toBe(7100);
      for (const path of [
        '.',
        'consortium',
        'hospitals/alder',
        'hospitals/cedar/custodian',
        'hospitals/birch/operator/clients',
      ]) {
        expect([path, (await stat(join(root, path))).mode & 0o777]).toEqual([path, 0o700]);
      }
    });
  });

  test('does not ask for ports a second time', async () => {
    await inFolder(async (folder) => {
      await makeState(folder, undefined, fixed);
      const again = await makeState(folder, undefined, () => Promise.reject(new Error('asked again')));
      expect(again.basePort).toBe(7100);
    });
  });

  test('refuses another topology than its own, and takes the same again', async () => {
    await inFolder(async (folder) => {
      const other = join(folder, 'other.yaml');
      await writeFile(other, two);
      await makeState(join(folder, 's'), undefined, fixed);
      await expect(makeState(join(folder, 's'), other, fixed)).rejects.toMatchObject({
        code: 'TOPOLOGY_CHANGED',
      });
      await expect(makeState(join(folder, 's'), defaultTopologyPath, fixed)).resolves.toMatchObject({
        basePort: 7100,
      });
    });
  });

  test('whose path is too long for a socket is refused before anything starts', async () => {
    await inFolder(async (folder) => {
      const root = join(folder, 'x'.repeat(80));
      await expect(makeState(root, undefined, fixed)).rejects.toMatchObject({ code: 'SOCKET_PATH_TOO_LONG' });
    });
  });

  test('that is empty holds no consortium', async () => {
    await inFolder(async (folder) => {
      await expect(openState(folder)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    });
  });

  test('is the named one, else the environment’s, else beside the product', () => {
    expect(stateDir('/a', { TUTELA_STATE: '/b' })).toBe('/a');
    expect(stateDir(undefined, { TUTELA_STATE: '/b' })).toBe('/b');
    expect(stateDir(undefined, {})).toMatch(/\/\.tutela$/);
  });
});

describe('ports', () => {
  test('of a second consortium are another block, also before the first listens', async () => {
    await inFolder(async (folder) => {
      const env = { TUTELA_CACHE: join(folder, 'cache') };
      const topology = await loadTopology(defaultTopologyPath);
      const roots = ['one', 'two'].map((name) => join(folder, name));
      const bases: number[] = [];
      for (const root of roots) {
        const { basePort } = await makeState(root, undefined, (wanted, where) =>
          choosePorts(wanted, where, env),
        );
        bases.push(basePort);
      }
      expect(new Set(bases).size).toBe(2);
      expect(await choosePorts(topology, roots[0] ?? '', env)).toBe(bases[0]);
    });
  });

  test('that are named in the topology are taken as they are', async () => {
    const topology = parseTopology(`${two}ports: { base: 9000 }\n`, 'file.yaml');
    expect(await choosePorts(topology, '/s', {})).toBe(9000);
  });

  test('on which something listens are found', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await takenPorts([port])).toEqual([port]);
    await new Promise((resolve) => server.close(resolve));
    expect(await takenPorts([port])).toEqual([]);
  });
});

describe('a secret', () => {
  test('is made once, private, and kept', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'deep', 'secret');
      expect(await keptSecret(path, () => 'one')).toBe('one');
      expect(await keptSecret(path, () => 'two')).toBe('one');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    });
  });
});

describe('ordering', () => {
  const bft = parseTopology(`${two}ordering: { type: bft }\n`, 'file.yaml');
  const binaries = (major: number) => ({
    paths: {},
    families: [
      { id: 'fabric' as const, dir: '/', origin: 'path' as const, version: { major, minor: 5, patch: 9 } },
    ],
  });

  test('by Raft is taken, and BFT is refused with the reason', () => {
    expect(() => {
      checkOrdering(parseTopology(two, 'file.yaml'), binaries(2));
    }).not.toThrow();
    expect(() => {
      checkOrdering(bft, binaries(2));
    }).toThrow(
      expect.objectContaining({ code: 'ORDERING_UNSUPPORTED', message: expect.stringContaining('2.5.9') }),
    );
    expect(() => {
      checkOrdering(bft, binaries(3));
    }).toThrow(expect.objectContaining({ code: 'ORDERING_UNSUPPORTED' }));
  });
});
