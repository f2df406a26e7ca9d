// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { once } from 'node:events';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { selfSigned, type TlsMaterial } from './testing/self-signed.js';
import { listenHttps, type Listener } from './server.js';

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
  for (const socket of sockets) socket.destroy();
  await listener.close(0);
});

/** A connection from an address that sends nothing; tells whether it was ended at once. */
async function isEnded(localAddress: string): Promise<boolean> {
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
  for (let count = 0; count < 6; count += 1) ended.push(await isEnded('127.0.0.2'));
  expect(ended).toEqual([false, false, false, true, true, true]);
  await expect(answer('127.0.0.2')).rejects.toThrow();
  expect(await answer('127.0.0.3')).toBe(200);
  // Its place is free again as soon as the gateway has heard that a connection is over.
  sockets[0]?.destroy();
  while (await isEnded('127.0.0.2')) await setTimeout(5);
});
