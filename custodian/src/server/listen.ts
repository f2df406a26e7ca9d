// SPDX-License-Identifier: Apache-2.0
import { chmod, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { answerOneAtATime, SERVER_OPTIONS } from '@tutela/fabric';
import type { TlsMaterial } from '../peers/peer-client.js';
import { REQUESTS_OF_A_HOSPITAL } from '../turns.js';
import { authorityOf } from './authority-of.js';
import { boundHandshakes } from './handshakes.js';

/** Most connections at a time. */
const MAX_CONNECTIONS = 4_096;
/** Most connections of one hospital: each has one request open. */
export const CONNECTIONS_OF_A_HOSPITAL = REQUESTS_OF_A_HOSPITAL;
const HANDSHAKE_TIMEOUT_MS = 10_000;
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
  const server = createHttpsServer({
    ...{ ...SERVER_OPTIONS, ...context(), requestCert: true, rejectUnauthorized: true },
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  answerOneAtATime(server, handler);
  boundHandshakes(server);
  server.on('secureConnection', boundByAuthority());
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

/** Ends a hospital's further connections, so that it leaves room for the others'. */
function boundByAuthority(): (socket: TLSSocket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const authority = authorityOf(socket);
    const count = (open.get(authority) ?? 0) + 1;
    open.set(authority, count);
    socket.once('close', () => {
      open.set(authority, (open.get(authority) ?? 1) - 1);
    });
    if (count > CONNECTIONS_OF_A_HOSPITAL) socket.destroy();
  };
}

/** Listens on a Unix socket that only the own user can open. */
export async function listenForOperator(handler: RequestListener, path: string): Promise<Listener> {
  if (Buffer.byteLength(path) >= MAX_SOCKET_PATH_BYTES)
    throw new Error(
      `[SOCKET_PATH_TOO_LONG] a socket path must have fewer than ${MAX_SOCKET_PATH_BYTES} bytes`,
    );
  await rm(path, { force: true });
  const server = createHttpServer(SERVER_OPTIONS);
  answerOneAtATime(server, handler);
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
