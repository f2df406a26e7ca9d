// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCopyKeeper, type CopyKeeper } from './copy-keeper.js';
import { partDag } from './part-dag.js';

const cidOf = (text: string): string => partDag(new TextEncoder().encode(text)).cid;
const HERE = cidOf('here');
const NOWHERE = cidOf('nowhere');

describe('a keeper of copies', () => {
  let folder: string;
  let server: Server;
  let keeper: CopyKeeper;
  const pinned = new Set<string>();
  const asked: string[] = [];
  let waiting: number;

  /** Answers as a Kubo node that finds one part, and goes on looking for any other. */
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubo');
      const cid = searchParams.get('arg') ?? '';
      asked.push(pathname);
      response.setHeader('content-type', 'application/json');
      if (pathname === '/api/v0/pin/ls' && pinned.has(cid))
        response.end(JSON.stringify({ Keys: { [cid]: { Type: 'recursive' } }, Cid: cid, Type: 'recursive' }));
      else if (pathname === '/api/v0/pin/ls')
        response.writeHead(500).end(JSON.stringify({ Message: `path '${cid}' is not pinned`, Code: 0 }));
      else if (cid === HERE) {
        pinned.add(cid);
        response.end(JSON.stringify({ Pins: [cid] }));
      } else {
        waiting += 1;
        response.once('close', () => (waiting -= 1));
      }
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 'rpc.sock'), resolve));
  };

  const waitUntil = async (isSo: () => boolean): Promise<void> => {
    for (let poll = 0; poll < 500 && !isSo(); poll += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isSo()).toBe(true);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ck-'));
    pinned.clear();
    asked.length = 0;
    waiting = 0;
    await listen();
    keeper = openCopyKeeper(join(folder, 'rpc.sock'));
  });

  afterEach(async () => {
    await keeper.close();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('pins what it is to keep, and tells what is pinned', async () => {
    await expect(keeper.keeps(HERE)).resolves.toBe(false);
    await keeper.keep(HERE);
    await expect(keeper.keeps(HERE)).resolves.toBe(true);
  });

  it('fetches nothing when it is asked what it keeps', async () => {
    await expect(keeper.keeps(NOWHERE)).resolves.toBe(false);
    expect(asked).toEqual(['/api/v0/pin/ls']);
  });

  it('gives a part up at the deadline, or when the caller leaves, and its node does too', async () => {
    await expect(keeper.keep(NOWHERE, { deadlineMs: 100 })).rejects.toMatchObject({ code: 'PART_NOT_FOUND' });
    const leaving = new AbortController();
    const kept = keeper.keep(NOWHERE, { signal: leaving.signal });
    await waitUntil(() => waiting === 1);
    leaving.abort();
    await expect(kept).rejects.toMatchObject({ code: 'ABORTED' });
    await waitUntil(() => waiting === 0);
  });

  it('attack 40: parts that exist nowhere, however many, keep no other part waiting', async () => {
    const leaving = new AbortController();
    const hopeless = Array.from({ length: 100 }, (_, index) =>
      keeper.keep(cidOf(`nowhere ${String(index)}`), { signal: leaving.signal }),
    );
    await waitUntil(() => waiting === 100);
    await keeper.keep(HERE);
    leaving.abort();
    expect((await Promise.allSettled(hopeless)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('asks its node for identifiers of this vault alone', async () => {
    const foreign = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    await expect(keeper.keep(foreign)).rejects.toMatchObject({ code: 'BAD_CID' });
    await expect(keeper.keeps(foreign)).rejects.toMatchObject({ code: 'BAD_CID' });
    expect(asked).toEqual([]);
  });

  it('says that its node does not answer while it is away', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(keeper.keep(HERE)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    await expect(keeper.keeps(HERE)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    await listen();
    await keeper.keep(HERE);
  });
});
