// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { partDag } from './part-dag.js';
import { openSwarmVault } from './swarm-vault.js';
import { allOf } from './testing/all-of.js';
import type { Vault } from './vault.js';

const PIECE = 1_000;

describe('a list of the blocks on a disk', () => {
  let folder: string;
  let server: Server;
  let vault: Vault;
  let goOn: PromiseWithResolvers<undefined>;
  let ending: 'whole' | 'cut' | 'failed';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'or-'));
    goOn = Promise.withResolvers();
    const { cid } = partDag(Buffer.from('a block'));
    const lines = `${JSON.stringify({ Ref: cid, Err: '' })}\n`.repeat(PIECE);
    server = createServer((request, response) => {
      if (!request.url?.startsWith('/api/v0/refs/local')) {
        response.end();
        return;
      }
      response.writeHead(200, { trailer: 'X-Stream-Error' });
      response.write(lines.repeat(2));
      void goOn.promise.then(() => {
        if (ending === 'cut') response.destroy();
        if (ending === 'failed') response.addTrailers({ 'X-Stream-Error': 'the datastore is closed' });
        response.end(lines);
      });
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
    vault = openSwarmVault({
      ...{ kuboSocket: join(folder, 's'), clusterUrl: 'http://127.0.0.1:9' },
      ...{ credentials: { user: 'alder', password: 'not-asked-for-000' }, pinIndexPath: ':memory:' },
    });
  });

  afterEach(async () => {
    goOn.resolve(undefined);
    await vault.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('attack 44: comes in pieces before its end is there, so that no length of it is too much', async () => {
    ending = 'whole';
    const pieces: number[] = [];
    for await (const piece of vault.listOrphans()) {
      pieces.push(piece.length);
      if (pieces.length === 2) goOn.resolve(undefined);
    }
    expect(pieces).toEqual([PIECE, PIECE, PIECE]);
  });

  it.each([
    ['cut', 'VAULT_UNAVAILABLE'],
    ['failed', 'VAULT_REFUSED'],
  ] as const)('that was %s is no shorter one', async (how, code) => {
    ending = how;
    goOn.resolve(undefined);
    const listing = (async () => {
      for await (const piece of vault.listOrphans()) expect(piece.length).toBeGreaterThan(0);
    })();
    await expect(listing).rejects.toMatchObject({ code });
  });

  it('is late when a piece is, and is left when no more of it is wanted', async () => {
    const [first] = await allOf(firstOf(vault.listOrphans({ deadlineMs: 300 })));
    expect(first).toHaveLength(PIECE);
    const listing = (async () => {
      for await (const piece of vault.listOrphans({ deadlineMs: 300 })) expect(piece).toHaveLength(PIECE);
    })();
    await expect(listing).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
  });
});

async function* firstOf<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of stream) {
    yield one;
    return;
  }
}
