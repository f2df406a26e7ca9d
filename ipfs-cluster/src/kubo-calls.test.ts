// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { waitUntil } from './testing/wait-until.js';
import { bytesOf, eachLine } from './kubo-calls.js';

describe('an answer of many lines', () => {
  let folder: string;
  let server: Server | undefined;

  const linesOf = async (answer: RequestListener, signal = AbortSignal.timeout(10_000)) => {
    const socketPath = join(folder, 'rpc.sock');
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(socketPath, resolve));
    const lines: string[] = [];
    const streamError = await eachLine({ socketPath, path: '/' }, signal, (line) => lines.push(line));
    return { lines, streamError };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kc-'));
  });
  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    await rm(folder, { recursive: true });
  });

  it('is read line by line, also where a line comes in pieces', async () => {
    const found = await linesOf((_, response) => {
      response.write('one\ntw');
      setTimeout(() => response.end('o\n\nthree'), 20);
    });
    expect(found).toEqual({ lines: ['one', 'two', 'three'], streamError: '' });
  });

  it('attack 40: that ends with its connection is no list that is merely shorter', async () => {
    const answer = linesOf((_, response) => {
      response.write('one\ntwo\n');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(answer).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });

  it('has the error that ended it early beside what came before', async () => {
    const found = await linesOf((_, response) => {
      response.writeHead(200, { trailer: 'X-Stream-Error' });
      response.write('one\n');
      response.addTrailers({ 'X-Stream-Error': 'the datastore is closed' });
      response.end();
    });
    expect(found).toEqual({ lines: ['one'], streamError: 'the datastore is closed' });
  });

  it('is refused by its status, and ends with the signal', async () => {
    const refused = linesOf((_, response) => response.writeHead(500).end('no'));
    await expect(refused).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    server?.close();
    await rm(join(folder, 'rpc.sock'), { force: true });
    const hanging = linesOf((_, response) => response.write('one\n'), AbortSignal.timeout(50));
    await expect(hanging).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('an answer of bytes', () => {
  let folder: string;
  let server: Server;
  let connections: Agent;

  const bytesFrom = async (answer: RequestListener, most: number) => {
    const socketPath = join(folder, 'rpc.sock');
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    connections = new Agent({ connect: { socketPath } });
    return bytesOf(connections, '/', { most, signal: AbortSignal.timeout(10_000) });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kc-'));
  });
  afterEach(async () => {
    await connections.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('is read whole where it has as many as may come', async () => {
    expect(await bytesFrom((_, response) => response.end('12345'), 5)).toEqual(Buffer.from('12345'));
  });

  it('attack 44: an answer of bytes without end is left where there are too many of them', async () => {
    let isLeft = false;
    const endless: RequestListener = (_, response) => {
      const more = setInterval(() => response.write(Buffer.alloc(1_000)), 1);
      response.once('close', () => {
        clearInterval(more);
        isLeft = true;
      });
    };
    expect(await bytesFrom(endless, 5_000)).toBeNull();
    await waitUntil(() => isLeft);
  });

  it('is refused with the words of the node, of which those about bad bytes count as that', async () => {
    const bad = 'block in storage has different hash than requested';
    const refused = bytesFrom((_, response) => response.writeHead(500).end(bad), 5);
    await expect(refused).rejects.toMatchObject({ code: 'PART_CORRUPT' });
  });

  it('that ends with its connection is no shorter one', async () => {
    const cut = bytesFrom((_, response) => {
      response.writeHead(200, { 'content-length': 5 }).write('123');
      setTimeout(() => response.destroy(), 20);
    }, 5);
    await expect(cut).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });
});
