// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { dirname } from 'node:path';
import { answerOneAtATime, SERVER_OPTIONS } from '@tutela/fabric';
import { ipKeyGenerator } from 'express-rate-limit';

const OPTIONS = { ...SERVER_OPTIONS, headersTimeout: 10_000 } as const;
/** Longer than clients and load balancers keep an idle connection, so that none is closed under a request on its way. */
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 2048;
const MAX_HEADERS = 100;

/** A listener that can be closed within a deadline. */
export type Listener = Readonly<{ port: number | undefined; close: (drainMs: number) => Promise<void> }>;

/** Listens with the hospital's TLS certificate, TLS 1.3 or 1.2 at least. */
export async function listenHttps(
  app: RequestListener,
  options: Readonly<{
    host: string;
    port: number;
    cert: string;
    key: string;
    connectionsPerAddress: number;
  }>,
): Promise<Listener> {
  const { cert, key, host, port, connectionsPerAddress } = options;
  // Bodies have limits of their own (`paced`), which a stream of an hour can keep and a drip cannot.
  const server = createHttpsServer({ ...OPTIONS, cert, key, minVersion: 'TLSv1.2', requestTimeout: 0 });
  answerOneAtATime(server, app);
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // Before TLS, whose handshakes cost the most.
  server.prependListener('connection', boundByAddress(connectionsPerAddress));
  await listening(server, () => server.listen(port, host));
  return listener(server);
}

/** Listens on a Unix socket (0600) in a folder (0700), taking the place of a dead process's socket. */
export async function listenUnix(app: RequestListener, path: string): Promise<Listener> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  await rm(path, { force: true });
  const server = createHttpServer(OPTIONS);
  answerOneAtATime(server, app);
  await listening(server, () => server.listen(path));
  await chmod(path, 0o600);
  return listener(server);
}

/** Ends each connection of an address that has as many already; those it has go on. */
function boundByAddress(most: number): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = ipKeyGenerator(socket.remoteAddress ?? '::');
    const now = open.get(address) ?? 0;
    if (now >= most) {
      socket.destroy();
      return;
    }
    open.set(address, now + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  };
}

function listening(server: Server, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject).once('listening', () => {
    resolve(undefined);
  });
  listen();
  return promise;
}

function listener(server: Server): Listener {
  const address = server.address();
  return {
    port: isAddress(address) ? address.port : undefined,
    close: async (drainMs) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        server.closeAllConnections();
      }, drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function isAddress(address: ReturnType<Server['address']>): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
