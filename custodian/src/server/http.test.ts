// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import type { Log } from '../log.js';
import { MAX_BODY_BYTES, REQUESTS, serve, type HospitalOf, type Route } from './http.js';
import { listenForOperator, type Listener } from './listen.js';

const lines: string[] = [];
const write = (facts: object, message: string): void => {
  lines.push(JSON.stringify({ ...facts, message }));
};
const log: Log = { info: write, warn: write, error: write };

const routes: readonly Route[] = [
  { method: 'POST', pattern: /^\/echo$/, handle: ({ body }) => ({ status: 200, body: { got: body } }) },
  {
    method: 'GET',
    pattern: /^\/breaks$/,
    handle: () => {
      throw new Error('a secret cause');
    },
  },
  {
    method: 'GET',
    pattern: /^\/stale$/,
    handle: () => {
      throw new DomainError('PEER_STALE', 'the own peer has shown no block yet');
    },
  },
  {
    method: 'POST',
    pattern: /^\/waits$/,
    handle: ({ left }) =>
      new Promise((resolve) => {
        waiting += 1;
        left.addEventListener('abort', () => {
          waiting -= 1;
          resolve({ status: 200, body: {} });
        });
      }),
  },
];
let waiting = 0;

let folder: string;
let listener: Listener;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-'));
  listener = await listenForOperator(serve(routes, log), join(folder, 's'));
});
afterEach(async () => {
  await listener.close();
  await rm(folder, { recursive: true });
});

type Reply = Readonly<{ status: number; body: string }>;

function send(
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath: join(folder, 's'), method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the server', () => {
  test('a caller beyond its limit is answered with a code', async () => {
    await listener.close();
    listener = await listenForOperator(
      serve(routes, log, () => false),
      join(folder, 's'),
    );
    expect(await send('POST', '/echo', '{}')).toMatchObject({ status: 429 });
  });

  test('attack 44: what one hospital asks without pause is answered a few at a time, and another is not held up', async () => {
    await listener.close();
    let [running, most] = [0, 0];
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const handle: Route['handle'] = async ({ hospital }) => {
      const isHostile = (await hospital()) === 'HostileMSP';
      if (isHostile) most = Math.max(most, (running += 1));
      if (isHostile) await held;
      if (isHostile) running -= 1;
      return { status: 200, body: {} };
    };
    const costly: Route = { method: 'GET', pattern: /^\/costly$/, handle };
    // One that takes turns for the pieces of its work waits in between, and holds up nothing.
    const inPieces: Route = { method: 'GET', pattern: /^\/pieces$/, handle, takesTurns: 'itself' };
    const hospitalOf: HospitalOf = ({ headers }) => Promise.resolve(String(headers['as']));
    listener = await listenForOperator(
      serve([costly, inPieces], log, () => true, hospitalOf),
      join(folder, 's'),
    );
    const ask = (as: string, path: string) => send('GET', path, undefined, { as });
    const waiting = Array.from({ length: 8 }, () => ask('HostileMSP', '/pieces'));
    while (most < 8) await setImmediate();
    [running, most] = [0, 0];
    const hostile = Array.from({ length: REQUESTS.underWay - waiting.length }, () =>
      ask('HostileMSP', '/costly'),
    );
    while (most < REQUESTS.atATime) await setImmediate();
    expect(await ask('HonestMSP', '/costly')).toMatchObject({ status: 200 });
    expect(most).toBe(REQUESTS.atATime);
    answer();
    for (const { status } of await Promise.all([...waiting, ...hostile])) expect(status).toBe(200);
    expect(most).toBe(REQUESTS.atATime);
  });

  describe('attack 44: a hospital has a bounded number of places', () => {
    const page: Route = {
      method: 'GET',
      pattern: /^\/page$/,
      handle: () => ({ status: 200, body: { page: 'x'.repeat(1024 * 1024) } }),
    };
    const echo: Route = { method: 'POST', pattern: /^\/echo$/, handle: () => ({ status: 200, body: {} }) };
    const hospitalOf: HospitalOf = ({ headers }) => Promise.resolve(String(headers['as']));
    let sockets: Socket[];

    beforeEach(async () => {
      sockets = [];
      await listener.close();
      listener = await listenForOperator(
        serve([page, echo], log, () => true, hospitalOf),
        join(folder, 's'),
      );
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
    });

    async function begin(text: string): Promise<void> {
      const socket = connect(join(folder, 's'));
      sockets.push(socket);
      await once(socket, 'connect');
      socket.on('error', () => undefined).pause();
      socket.write(text);
    }

    test.each([
      ['whose answer it does not read', 'GET /page HTTP/1.1\r\nhost: a\r\nas: HostileMSP\r\n\r\n'],
      [
        'whose body does not come',
        'POST /echo HTTP/1.1\r\nhost: a\r\nas: HostileMSP\r\ncontent-length: 9\r\n\r\n{',
      ],
    ])('a request %s keeps its place, until its connection ends', async (_, text) => {
      const ask = async (as: string) => (await send('POST', '/echo', '{}', { as })).status;
      for (let count = 0; count < REQUESTS.underWay; count += 1) await begin(text);
      while ((await ask('HostileMSP')) !== 429) await sleep(5);
      expect(await ask('HonestMSP')).toBe(200);
      sockets.pop()?.destroy();
      while ((await ask('HostileMSP')) !== 200) await sleep(5);
    });
  });

  test('only the own user can open the operator’s socket', async () => {
    expect((await stat(join(folder, 's'))).mode & 0o777).toBe(0o600);
  });

  test('answers JSON with JSON', async () => {
    expect(await send('POST', '/echo', '{"a":1}')).toEqual({ status: 200, body: '{"got":{"a":1}}' });
  });

  test.each([
    ['no JSON', '{', {}, 400],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}, 400],
    ['another type', '{}', { 'content-type': 'text/plain' }, 400],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 400],
    ['a deeply nested body', '['.repeat(40) + ']'.repeat(40), {}, 400],
    ['an oversized body', `"${'x'.repeat(MAX_BODY_BYTES)}"`, {}, 413],
  ])('attack 31: refuses %s with a code', async (_, body, headers, status) => {
    const reply = await send('POST', '/echo', body, headers);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toHaveProperty('code');
  });

  test('an internal failure: neither the answer nor the log contains its cause', async () => {
    const reply = await send('GET', '/breaks');
    expect(reply).toEqual({
      status: 500,
      body: '{"code":"INTERNAL","message":"the request could not be answered"}',
    });
    expect(lines.join('\n')).not.toContain('secret');
  });

  test('a route hears that its caller has left', async () => {
    const request = httpRequest({ socketPath: join(folder, 's'), method: 'POST', path: '/waits' });
    request.on('error', () => undefined);
    request.end('{}');
    for (let poll = 0; poll < 500 && waiting === 0; poll += 1) await sleep(10);
    expect(waiting).toBe(1);
    request.destroy();
    for (let poll = 0; poll < 500 && waiting > 0; poll += 1) await sleep(10);
    expect(waiting).toBe(0);
  });

  test('a coded refusal keeps its code, and an unknown path is not found', async () => {
    expect((await send('GET', '/stale')).status).toBe(503);
    expect(await send('GET', '/nothing')).toEqual({
      status: 404,
      body: '{"code":"NOT_FOUND","message":"no such route"}',
    });
    expect((await send('GET', '//')).status).toBe(400);
  });
});
