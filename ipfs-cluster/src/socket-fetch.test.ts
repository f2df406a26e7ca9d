// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSocketRoute } from './socket-fetch.js';

describe('a route of fetch to a Unix socket', () => {
  let folder = '';
  const servers: Server[] = [];

  const serve = async (name: string): Promise<string> => {
    const socketPath = join(folder, name);
    const server = createServer((request, response) => response.end(`${name} ${request.url ?? ''}`));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    return socketPath;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-'));
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, { recursive: true });
  });

  it('leads each origin to its own socket', async () => {
    const [one, two] = [openSocketRoute(await serve('one')), openSocketRoute(await serve('two'))];
    await expect((await fetch(`${one.origin}/a`)).text()).resolves.toBe('one /a');
    await expect((await fetch(new URL('/b', two.origin))).text()).resolves.toBe('two /b');
    await Promise.all([one.close(), two.close()]);
  });

  it('leaves other origins alone, and puts fetch back after the last route', async () => {
    const ordinary = globalThis.fetch;
    const route = openSocketRoute(await serve('one'));
    expect(globalThis.fetch).not.toBe(ordinary);
    await expect(fetch('data:text/plain,plain').then((response) => response.text())).resolves.toBe('plain');
    await route.close();
    expect(globalThis.fetch).toBe(ordinary);
  });

  it('leads nowhere once it is closed', async () => {
    const route = openSocketRoute(await serve('one'));
    await route.close();
    await expect(fetch(`${route.origin}/a`)).rejects.toThrow('fetch failed');
  });
});
