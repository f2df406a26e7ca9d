// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ClusterPeerClient } from './cluster-peer.js';

const signal = AbortSignal.timeout(60_000);
const entry = {
  cid: 'a',
  allocations: null,
  type: 'pin',
  mode: 'recursive',
  max_depth: -1,
  replication_factor_min: 2,
  replication_factor_max: 3,
};

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

  it('pins with numbers alone, as the hospital', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization);
      response.end('{}');
    });
    await client.pin('cid', { min: 2, max: 3 }, signal);
    expect(seen).toEqual(['POST', '/pins/cid?replication-min=2&replication-max=3', 'Basic YWxkZXI6cDp3']);
  });

  it('takes a missing pin for withdrawn, and for no allocation', async () => {
    const client = await clientOf((_, response) => response.writeHead(404).end());
    await expect(client.unpin('cid', signal)).resolves.toBe(false);
    await expect(client.isShared('cid', signal)).resolves.toBe(false);
  });

  it('reads one entry a line', async () => {
    const client = await clientOf((_, response) =>
      response.end(`${JSON.stringify(entry)}\n\n${JSON.stringify(entry)}\n`),
    );
    const read = { ...entry, allocations: [] };
    await expect(client.allocations(signal)).resolves.toEqual({ entries: [read, read], leftOut: 0 });
  });

  it('attack 37: leaves out an entry that cannot be read, and reads the others', async () => {
    const client = await clientOf((_, response) =>
      response.end(`${JSON.stringify({ ...entry, cid: 7 })}\n{"cid":\n${JSON.stringify(entry)}\n`),
    );
    const read = { ...entry, allocations: [] };
    await expect(client.allocations(signal)).resolves.toEqual({ entries: [read], leftOut: 2 });
  });

  it('attack 40: reads the entries beside one that is longer than all memory, and counts it', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const client = await clientOf((_, response) => {
      const long = function* () {
        yield `${JSON.stringify(entry)}\n{"cid":"b","name":"`;
        for (let count = 0; count < 600; count += 1) yield piece;
        yield `"}\n${JSON.stringify(entry)}`;
      };
      Readable.from(long()).pipe(response);
    });
    const read = { ...entry, allocations: [] };
    await expect(client.allocations(signal)).resolves.toEqual({ entries: [read, read], leftOut: 1 });
  });

  it('attack 40: reads a list of nothing but entries that are too long', async () => {
    const name = 'x'.repeat(100_000);
    const client = await clientOf((_, response) => response.end(JSON.stringify({ ...entry, name })));
    await expect(client.allocations(signal)).resolves.toEqual({ entries: [], leftOut: 1 });
    await expect(client.isShared('cid', signal)).resolves.toBe(true);
  });

  it.each([
    [401, 'VAULT_REFUSED'],
    [500, 'VAULT_UNAVAILABLE'],
  ])('tells status %i as %s without the answer in its message', async (status, code) => {
    const client = await clientOf((_, response) => response.writeHead(status).end('inner words'));
    const call = client.allocations(signal);
    await expect(call).rejects.toMatchObject({ code });
    await expect(call).rejects.not.toThrow('inner words');
  });

  it('reads one entry, and none where it is missing, too long or of another shape', async () => {
    const answers = [
      JSON.stringify(entry),
      JSON.stringify({ ...entry, name: 'x'.repeat(100_000) }),
      '{"cid":7}',
    ];
    const client = await clientOf((_, response) => {
      const answer = answers.shift();
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
    });
    expect(await client.entry('a', signal)).toEqual({ ...entry, allocations: [] });
    for (let rest = 0; rest < 3; rest += 1) expect(await client.entry('a', signal)).toBeUndefined();
  });

  it('prefers the named peers', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response) => {
      seen.push(request.url);
      response.end('{}');
    });
    await client.pin('cid', { min: 2, max: 2, preferred: ['A', 'B'] }, signal);
    expect(seen).toEqual(['/pins/cid?replication-min=2&replication-max=2&user-allocations=A,B']);
  });

  it('takes the peers that answer in time, whole lines only', async () => {
    const line = (id: string) => `${JSON.stringify({ id, peername: id, ipfs: { error: '' } })}\n`;
    const client = await clientOf((_, response) => response.write(`${line('A')}${line('B')}{"id":"C`));
    const { peers, complete } = await client.peers(AbortSignal.timeout(100), signal);
    expect(peers.map(({ id }) => id)).toEqual(['A', 'B']);
    expect(complete).toBe(false);
  });

  it('says when every peer has answered, and which failed', async () => {
    const answers = [
      { id: 'A', peername: 'alder' },
      { id: 'B', peername: '', error: 'dial failed' },
      { id: 'C', peername: 'cedar', ipfs: { error: 'refused' } },
    ];
    const client = await clientOf((_, response) =>
      response.end(answers.map((answer) => JSON.stringify(answer)).join('\n')),
    );
    const { peers, complete } = await client.peers(signal, signal);
    expect(complete).toBe(true);
    expect(peers.map(({ error, ipfs }) => [error, ipfs.error])).toEqual([
      ['', ''],
      ['dial failed', ''],
      ['', 'refused'],
    ]);
  });

  it('refuses an answer of another shape', async () => {
    const client = await clientOf((_, response) => response.end('{"cid":7}\n'));
    await expect(client.allocations(signal)).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
  });

  it('says that nobody answers', async () => {
    const client = new ClusterPeerClient('http://127.0.0.1:1', { user: 'alder', password: 'p' });
    ends.push(() => client.close());
    await expect(client.peers(signal, signal)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });
});
