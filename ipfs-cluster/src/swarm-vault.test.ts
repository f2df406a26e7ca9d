// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { partDag } from './part-dag.js';
import { openSwarmVault } from './swarm-vault.js';
import type { Vault } from './vault.js';

const { cid } = partDag(new Uint8Array(100).fill(7));
const recursive = { type: 'pin', mode: 'recursive', max_depth: -1 };
const direct = { type: 'pin', mode: 'direct', max_depth: 0 };
const shard = { type: 'shard-pin', mode: 'recursive', max_depth: 1 };

describe('attack 40: what a hospital confirms of an entry that another rewrote', () => {
  const servers: Server[] = [];
  const vaults: Vault[] = [];

  /** A vault whose cluster peer shows these entries one after another, and says that two hospitals pinned the part. */
  const vaultOf = async (...entries: readonly (object | undefined)[]): Promise<Vault> => {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/pins?') === true) {
        const hospital = (peername: string) => ({ peername, status: 'pinned' });
        const peer_map = { A: hospital('alder'), B: hospital('birch') };
        response.end(JSON.stringify({ cid, allocations: ['A', 'B'], peer_map }));
        return;
      }
      const kind = asked < entries.length ? entries[asked] : entries.at(-1);
      asked += 1;
      if (kind === undefined) response.writeHead(404).end();
      else
        response.end(
          JSON.stringify({
            cid,
            ...kind,
            allocations: ['A', 'B'],
            replication_factor_min: 2,
            replication_factor_max: 2,
          }),
        );
    });
    let asked = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const vault = openSwarmVault({
      kuboSocket: '/nowhere/kubo.sock',
      clusterUrl: `http://127.0.0.1:${String(port)}`,
      credentials: { user: 'alder', password: 'p' },
    });
    servers.push(server);
    vaults.push(vault);
    return vault;
  };

  afterEach(async () => {
    for (const vault of vaults.splice(0)) await vault.close();
    for (const server of servers.splice(0)) server.close();
  });

  it('is the whole part where the entry asks for that', async () => {
    const vault = await vaultOf(recursive);
    expect(await vault.pinStates([cid])).toMatchObject([{ pinnedBy: ['alder', 'birch'], isWhole: true }]);
    expect((await vault.listPins()).pins).toMatchObject([{ cid, kind: 'recursive' }]);
  });

  it.each([
    ['asks for the first block alone', 'partial', direct],
    ['asks for other blocks than all', 'partial', { ...recursive, max_depth: 1 }],
    ['is of a type that no hospital can change', 'fixed', shard],
  ] as const)('is nothing where the entry %s', async (_, kind, entry) => {
    const vault = await vaultOf(entry);
    expect(await vault.pinStates([cid])).toMatchObject([{ pinnedBy: [], isWhole: false }]);
    expect((await vault.listPins()).pins).toMatchObject([{ cid, kind }]);
  });

  it.each([
    ['before', [direct, recursive]],
    ['after', [recursive, direct]],
    ['before, and was not there', [undefined, recursive]],
  ])('is nothing where the entry asked for less %s', async (_, entries) => {
    const vault = await vaultOf(...entries);
    expect(await vault.pinStates([cid])).toMatchObject([{ pinnedBy: [], isWhole: false }]);
  });
});
