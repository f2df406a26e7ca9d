// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { answerOneAtATime, SERVER_OPTIONS, UNREAD_ANSWER_MS } from './one-answer.js';
import { askWithoutReading, FOR_INTERVALS, isEnded, LARGE } from './testing/greedy-client.js';
import { testTlsAuthority, type TestCertificate } from './testing/test-tls.js';

/** Sends requests over one connection, each as soon as the one before is answered, on a processor of its own. */
const CLIENT = `
  const { parentPort, workerData: { kind, requests, ...at } } = require('node:worker_threads');
  const http = require('node:' + kind);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (left) => http.get({ ...at, host: 'localhost', agent }, (response) => {
    response.resume().once('end', () => left > 1 ? setImmediate(ask, left - 1) : parentPort.postMessage('answered'));
  }).once('error', () => parentPort.postMessage('cut'));
  ask(requests);
`;

let own: TestCertificate;
let root: Buffer;
let ends: (() => unknown)[] = [];

beforeAll(async () => {
  const authority = await testTlsAuthority('alder');
  [own, root] = [await authority.issue(), authority.root];
});
afterEach(async () => {
  jest.useRealTimers();
  for (const end of ends) await end();
  ends = [];
});

async function listen(handler: RequestListener, isSecure: boolean): Promise<number> {
  const { certificate: cert, privateKey: key } = own;
  const server: Server = isSecure
    ? createHttpsServer({ ...SERVER_OPTIONS, cert, key })
    : createHttpServer(SERVER_OPTIONS);
  answerOneAtATime(server, handler);
  await once(server.listen(0, 'localhost'), 'listening');
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function open(port: number, isSecure: boolean): Promise<Socket> {
  const at = { host: 'localhost', port };
  const socket = isSecure ? connectTls({ ...at, ca: root }) : connectPlain(at);
  ends.push(() => socket.destroy());
  await once(socket, isSecure ? 'secureConnect' : 'connect');
  return socket;
}

async function waitFor(holds: () => boolean): Promise<void> {
  for (let poll = 0; poll < 300 && !holds(); poll += 1) await sleep(10);
  expect(holds()).toBe(true);
}

describe.each([
  ['over TLS', true],
  ['without TLS', false],
])('a server %s', (_, isSecure) => {
  test('attack 44: a request that comes before the answer to the one before ends its connection', async () => {
    let asked = 0;
    const port = await listen(() => (asked += 1), isSecure);
    const socket = await open(port, isSecure);
    askWithoutReading(socket, '/', 200);
    expect(await isEnded(socket)).toBe(true);
    expect(asked).toBe(1);
  });

  test('attack 44: a request behind an answer that was made, and is not taken, ends its connection', async () => {
    let asked = 0;
    const port = await listen((_request, response) => {
      asked += 1;
      response.end(LARGE);
    }, isSecure);
    const socket = await open(port, isSecure);
    askWithoutReading(socket, '/', 1);
    await waitFor(() => asked === 1);
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(await isEnded(socket)).toBe(true);
    expect(asked).toBe(1);
  });

  test.each([
    ['expects something', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: an-answer\r\n\r\n'],
    ['names no host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('attack 44: a request that %s and comes too early ends its connection', async (_kind, text) => {
    const port = await listen(() => undefined, isSecure);
    const socket = await open(port, isSecure);
    socket.write(`GET / HTTP/1.1\r\nhost: a\r\n\r\n${text}`);
    expect(await isEnded(socket)).toBe(true);
  });

  test('a request of HTTP/1.1 that names no host is refused', async () => {
    const port = await listen((_request, response) => response.end('here'), isSecure);
    const socket = await open(port, isSecure);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
  });

  test('attack 44: an answer of which the other end takes nothing ends its connection, whatever it sends meanwhile', async () => {
    jest.useFakeTimers(FOR_INTERVALS);
    let state = 'none';
    const port = await listen((_request, response) => {
      state = 'waits';
      response.once('close', () => (state = response.writableFinished ? 'taken' : 'ended'));
      response.end(LARGE);
    }, isSecure);
    const socket = await open(port, isSecure);
    socket.on('error', () => undefined).pause();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n');
    await waitFor(() => state === 'waits');
    jest.advanceTimersByTime(UNREAD_ANSWER_MS);
    socket.write('x');
    expect(state).toBe('waits');
    jest.advanceTimersByTime(UNREAD_ANSWER_MS);
    await waitFor(() => state === 'ended');
  });

  test('a client that takes an answer slowly gets all of it', async () => {
    jest.useFakeTimers(FOR_INTERVALS);
    const pieces = 64;
    const port = await listen((_request, response) => {
      void (async () => {
        for (let piece = 0; piece < pieces; piece += 1)
          if (!response.write(LARGE.subarray(0, 512 * 1024))) await once(response, 'drain');
        response.end();
      })();
    }, isSecure);
    const socket = await open(port, isSecure);
    const closed = once(socket, 'close');
    let [bytes, looked] = [0, 0];
    let rest = Promise.resolve();
    socket.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes / (4 * 1024 * 1024) < looked + 1) return;
      looked += 1;
      socket.pause();
      // The server learns in the next rounds of events what was taken since the last look.
      rest = sleep(50).then(() => {
        jest.advanceTimersByTime(UNREAD_ANSWER_MS);
        socket.resume();
      });
    });
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await closed;
    await rest;
    expect(looked).toBeGreaterThan(6);
    expect(bytes).toBeGreaterThan(pieces * 512 * 1024);
  });

  test('a client that asks as soon as it has its answer keeps its connection', async () => {
    const connections = new Set<Socket>();
    const port = await listen((incoming, response) => {
      connections.add(incoming.socket);
      setTimeout(() => {
        response.end('here');
        // The client has the answer, and its next request is here, before this server learns that it handed one over.
        for (const until = Date.now() + 20; Date.now() < until;);
      }, 1);
    }, isSecure);
    const client = new Worker(CLIENT, {
      eval: true,
      workerData: { kind: isSecure ? 'https' : 'http', port, ca: root.toString(), requests: 50 },
    });
    ends.push(() => client.terminate());
    expect(await once(client, 'message')).toEqual(['answered']);
    expect(connections.size).toBe(1);
  });
});
