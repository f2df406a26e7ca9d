// SPDX-License-Identifier: Apache-2.0
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { send } from './send.js';

const MIB = 1024 * 1024;
const stop = new AbortController();
const server = createServer();

afterEach(() => {
  stop.abort();
  server.closeAllConnections();
  server.close();
});

test('attack 44: of a large answer only a piece waits in memory until the client takes it, and it comes whole', async () => {
  const body = { text: 'x'.repeat(8 * MIB) };
  const answering = Promise.withResolvers<ServerResponse>();
  server.on('request', (_, response) => {
    answering.resolve(response);
    void send({ status: 200, body }, response, stop.signal);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, resolve).once('error', reject);
  });
  const response = await answering.promise;
  await sleep(200);
  expect(response.writableFinished).toBe(false);
  expect(response.writableLength).toBeLessThan(MIB);
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const whole = Buffer.concat(pieces);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': String(whole.length),
  });
  expect(JSON.parse(whole.toString())).toEqual(body);
});
