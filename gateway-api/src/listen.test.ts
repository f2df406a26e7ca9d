// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FOR_INTERVALS, readNothing, type OpenedListener } from '@tutela/fabric/testing';
import { selfSigned, type TlsMaterial } from './http/testing/self-signed.js';
import { listenHttps, listenUnix, type Listener } from './listen.js';

let material: TlsMaterial;
let listener: Listener;
let sockets: Socket[];

beforeEach(async () => {
  material = await selfSigned();
  sockets = [];
  listener = await listenHttps((_request, response) => response.end('here'), {
    ...{ host: '0.0.0.0', port: 0, ...material },
    connectionsPerAddress: 3,
  });
});

afterEach(async () => {
  jest.useRealTimers();
  for (const socket of sockets) socket.destroy();
  await listener.close(0);
});

/** A connection from an address that sends nothing; answers whether it was ended at once. */
async function isRefused(localAddress: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port: listener.port ?? 0, localAddress });
  sockets.push(socket);
  const ended = once(socket, 'close').then(() => true);
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  return Promise.race([ended, answer('127.0.0.9').then(() => false)]);
}

async function answer(localAddress: string): Promise<number | undefined> {
  const asked = get({
    ...{ host: '127.0.0.1', port: listener.port, localAddress, agent: false },
    rejectUnauthorized: false,
  });
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume: () => void }];
  response.resume();
  return response.statusCode;
}

test('attack 44: one address that opens connections without end leaves room for another', async () => {
  const ended: boolean[] = [];
  for (let count = 0; count < 6; count += 1) ended.push(await isRefused('127.0.0.2'));
  expect(ended).toEqual([false, false, false, true, true, true]);
  await expect(answer('127.0.0.2')).rejects.toThrow();
  expect(await answer('127.0.0.3')).toBe(200);
  // Its place is free again as soon as the gateway knows that a connection is over.
  sockets[0]?.destroy();
  while (await isRefused('127.0.0.2')) await setTimeout(5);
});

async function openDoor(handler: RequestListener): Promise<OpenedListener> {
  const at = { host: '127.0.0.1', port: 0 };
  const door = await listenHttps(handler, { ...at, ...material, connectionsPerAddress: 8 });
  return {
    close: () => door.close(0),
    connect: async () => {
      const socket = connectTls({ ...at, port: door.port ?? 0, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      return socket;
    },
  };
}

async function openSocket(handler: RequestListener): Promise<OpenedListener> {
  const folder = await mkdtemp(join(tmpdir(), 'tutela-listen-'));
  const path = join(folder, 'gateway', 'operator.sock');
  const socket = await listenUnix(handler, path);
  return {
    close: async () => {
      await socket.close(0);
      await rm(folder, { recursive: true });
    },
    connect: async () => {
      const connection = connect(path);
      await once(connection, 'connect');
      return connection;
    },
  };
}

test.each([
  ['the door', openDoor],
  ['a socket of its own', openSocket],
])('attack 44: a client that asks %s without end and reads no answer fills no memory', async (_, open) => {
  jest.useFakeTimers(FOR_INTERVALS);
  const advance = (ms: number): void => {
    jest.advanceTimersByTime(ms);
  };
  expect(await readNothing(open, '/openapi.json', advance)).toEqual({
    isHastyEnded: true,
    asked: 2,
    ended: 2,
  });
});
