// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ClusterPeerClient } from './cluster-peer.js';

const signal = AbortSignal.timeout(60_000);
const entry = { cid: 'a', mode: 'direct' };
const A = { cid: 'a', isFormer: false };

describe('the client of a cluster peer', () => {
  const ends: (() => Promise<void> | Server)[] = [];

  const clientOf = async (listener: RequestListener): Promise<ClusterPeerClient> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = new ClusterPeerClient(`http://127.0.0.1:${String(port)}`, {
      user: 'alder',
      password: 'p:w',
    });
    ends.push(
      () => client.close(),
      () => server.close(),
    );
    return client;
  };

  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  it('pins as the hospital, without name or metadata', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization);
      response.end('{}');
    });
    await client.pin('cid', signal);
    expect(seen).toEqual(['POST', '/pins/ipfs/cid?mode=direct', 'Basic YWxkZXI6cDp3']);
  });

  it('enters a part anew that has an entry for all blocks', async () => {
    let mode = 'recursive';
    const asked: string[] = [];
    const client = await clientOf((request, response) => {
      const { method = '' } = request;
      asked.push(method);
      if (method === 'DELETE') mode = '';
      if (method === 'POST' && mode === '') mode = 'direct';
      if (method === 'POST' && mode === 'recursive') response.writeHead(500);
      response.end(method === 'GET' ? JSON.stringify({ cid: 'cid', mode }) : '{}');
    });
    await expect(client.entries(signal)).resolves.toEqual([{ cid: 'cid', isFormer: true }]);
    await client.pin('cid', signal);
    await expect(client.entries(signal)).resolves.toEqual([{ cid: 'cid', isFormer: false }]);
    expect(asked).toEqual(['GET', 'POST', 'GET', 'DELETE', 'POST', 'GET']);
  });

  it('takes a missing pin for withdrawn', async () => {
    const client = await clientOf((_, response) => response.writeHead(404).end());
    await expect(client.unpin('cid', signal)).resolves.toBeUndefined();
  });

  it('reads one entry a line', async () => {
    const client = await clientOf((_, response) =>
      response.end(`${JSON.stringify(entry)}\n\n${JSON.stringify(entry)}\n`),
    );
    await expect(client.entries(signal)).resolves.toEqual([A, A]);
  });

  it('attack 40: the other peers are read although the answer of one is longer than all memory, or of another shape', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const peer = JSON.stringify({ id: 'A', peername: 'alder' });
    const client = await clientOf((_, response) => {
      const long = function* () {
        yield `${peer}\n{"id":7}\n{"id":"B","peername":"`;
        for (let count = 0; count < 600; count += 1) yield piece;
        yield `"}\n${peer}`;
      };
      Readable.from(long()).pipe(response);
    });
    const peers = await client.peers(signal, signal);
    expect(peers.map(({ id }) => id)).toEqual(['A', 'A']);
  });

  it.each([
    [401, 'VAULT_REFUSED'],
    [500, 'VAULT_UNAVAILABLE'],
  ])('tells status %i as %s without the answer in its message', async (status, code) => {
    const client = await clientOf((_, response) => response.writeHead(status).end('inner words'));
    const call = client.entries(signal);
    await expect(call).rejects.toMatchObject({ code });
    await expect(call).rejects.not.toThrow('inner words');
  });

  it('takes the peers that answer in time, whole lines only', async () => {
    const line = (id: string) => `${JSON.stringify({ id, peername: id, ipfs: { error: '' } })}\n`;
    const client = await clientOf((_, response) => response.write(`${line('A')}${line('B')}{"id":"C`));
    const peers = await client.peers(AbortSignal.timeout(100), signal);
    expect(peers.map(({ id }) => id)).toEqual(['A', 'B']);
  });

  it('says which peers failed', async () => {
    const answers = [
      { id: 'A', peername: 'alder' },
      { id: 'B', peername: '', error: 'dial failed' },
      { id: 'C', peername: 'cedar', ipfs: { error: 'refused' } },
    ];
    const client = await clientOf((_, response) =>
      response.end(answers.map((answer) => JSON.stringify(answer)).join('\n')),
    );
    const peers = await client.peers(signal, signal);
    expect(peers.map(({ error, ipfs }) => [error, ipfs.error])).toEqual([
      ['', ''],
      ['dial failed', ''],
      ['', 'refused'],
    ]);
  });

  it('refuses an answer of another shape', async () => {
    const client = await clientOf((_, response) => response.end('{"cid":7}\n'));
    await expect(client.entries(signal)).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
  });

  it('fails with VAULT_UNAVAILABLE when no peer answers', async () => {
    const client = new ClusterPeerClient('http://127.0.0.1:1', { user: 'alder', password: 'p' });
    ends.push(() => client.close());
    await expect(client.peers(signal, signal)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });
});
