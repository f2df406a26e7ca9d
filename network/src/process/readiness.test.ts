// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder } from '../testing/sleeper.js';
import { probe } from './readiness.js';

async function onSocket(
  listener: RequestListener,
  work: (socketPath: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const socketPath = join(folder, 'p.sock');
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    try {
      await work(socketPath);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

const question = (socketPath: string) =>
  ({ kind: 'socket', socketPath, method: 'GET', path: '/healthz' }) as const;

describe('a probe', () => {
  test('is satisfied by status 200 alone', async () => {
    let status = 200;
    await onSocket(
      (_, response) => response.writeHead(status).end(),
      async (socketPath) => {
        expect(await probe(question(socketPath), 1000)).toEqual({ ready: true, detail: 'status 200' });
        status = 503;
        expect(await probe(question(socketPath), 1000)).toEqual({ ready: false, detail: 'status 503' });
      },
    );
  });

  test('does not wait for a process that accepts and never answers', async () => {
    await onSocket(
      () => undefined,
      async (socketPath) => {
        expect(await probe(question(socketPath), 100)).toEqual({ ready: false, detail: expect.any(String) });
      },
    );
  });

  test('says who is not there', async () => {
    expect(await probe(question('/nowhere/p.sock'), 1000)).toEqual({ ready: false, detail: 'ENOENT' });
  });

  test('sends credentials from their file', async () => {
    await inFolder(async (folder) => {
      const credentialsFile = join(folder, 'credentials');
      await writeFile(credentialsFile, 'user:password\n');
      const wanted = `Basic ${Buffer.from('user:password').toString('base64')}`;
      const server = createServer((request, response) =>
        response.writeHead(request.headers.authorization === wanted ? 200 : 401).end(),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/id`;
      expect(await probe({ kind: 'http', url, credentialsFile }, 1000)).toEqual({
        ready: true,
        detail: 'status 200',
      });
      await writeFile(credentialsFile, 'user:other\n');
      expect((await probe({ kind: 'http', url, credentialsFile }, 1000)).detail).toBe('status 401');
      server.close();
    });
  });

  test('of several questions is ready when all are', async () => {
    await onSocket(
      (_, response) => response.writeHead(200).end(),
      async (socketPath) => {
        const yes = question(socketPath);
        expect((await probe({ kind: 'all', of: [yes, yes] }, 1000)).ready).toBe(true);
        expect((await probe({ kind: 'all', of: [yes, question('/nowhere/p.sock')] }, 1000)).ready).toBe(
          false,
        );
      },
    );
  });

  test('of TLS is not satisfied by a server that speaks none', async () => {
    await inFolder(async (folder) => {
      const rootFile = join(folder, 'root.pem');
      await writeFile(rootFile, '');
      const server = createTcpServer((socket) => socket.end('no TLS here'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      expect((await probe({ kind: 'tls', host: '127.0.0.1', port, rootFile }, 1000)).ready).toBe(false);
      server.close();
    });
  });
});
