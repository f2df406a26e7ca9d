// SPDX-License-Identifier: Apache-2.0
import { chmod, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TlsMaterial } from '../peers/peer-client.js';

const MAX_CONNECTIONS = 512;
const MAX_HEADER_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_SOCKET_PATH_BYTES = 104;

/** A listener that can be ended; requests under way are answered first. */
export type Listener = Readonly<{ close: () => Promise<void> }>;

/** Listens for other hospitals with mutual TLS: no certificate of the consortium, no connection. */
export async function listenForPeers(
  handler: RequestListener,
  { certificate, privateKey, roots }: TlsMaterial,
  address: Readonly<{ host: string; port: number }>,
): Promise<Listener> {
  const context = () =>
    ({ cert: certificate, key: privateKey, ca: roots.pem, minVersion: 'TLSv1.3' }) as const;
  const server = createHttpsServer(
    { ...context(), requestCert: true, rejectUnauthorized: true, maxHeaderSize: MAX_HEADER_BYTES },
    handler,
  );
  const stop = roots.onChange(() => {
    server.setSecureContext(context());
  });
  await listening(server, () => server.listen(address.port, address.host));
  const { close } = listener(server);
  return {
    close: () => {
      stop();
      return close();
    },
  };
}

/** Listens on a Unix socket that only the own user can open. */
export async function listenForOperator(handler: RequestListener, path: string): Promise<Listener> {
  if (Buffer.byteLength(path) >= MAX_SOCKET_PATH_BYTES)
    throw new Error(
      `[SOCKET_PATH_TOO_LONG] a socket path must have fewer than ${MAX_SOCKET_PATH_BYTES} bytes`,
    );
  await rm(path, { force: true });
  const server = createHttpServer({ maxHeaderSize: MAX_HEADER_BYTES }, handler);
  await listening(server, () => server.listen(path));
  await chmod(path, 0o600);
  return listener(server);
}

function listening(server: Server, listen: () => void): Promise<void> {
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}

function listener(server: Server): Listener {
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
