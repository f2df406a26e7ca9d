// SPDX-License-Identifier: Apache-2.0
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'undici';
import { openSwarmVault, type StoredPart } from '@tutela/ipfs-cluster';
import { describeKubo, kuboRpcSocket, swarmKeyText } from '@tutela/ipfs-cluster/nodes';
import {
  configureFiles,
  freePorts,
  initialise,
  NodeProcess,
  randomPart,
  startVaults,
} from '@tutela/ipfs-cluster/testing';
import {
  vaultConformance,
  type Binaries,
  type RunningVaults,
  type VaultHospital,
} from '@tutela/ipfs-cluster/testing';
import {
  filesBelow,
  isLoopback,
  isUnspecified,
  processIds,
  refusalOf,
  socketsOf,
  storageBinaries,
  storePart,
} from '../support/storage.js';
import { waitUntil } from '../support/wait.js';

const START_MS = 900_000;

describe('the private swarm of three hospitals', () => {
  let binaries: Binaries;
  let running: RunningVaults;
  let alder: VaultHospital;
  let part: StoredPart;
  const bytes = randomPart(100_000);

  beforeAll(async () => {
    binaries = await storageBinaries();
    running = await startVaults(3, binaries);
    const [first, ...others] = running.hospitals;
    if (first === undefined) throw new Error('no hospital');
    alder = first;
    part = await storePart([alder, ...others], bytes);
  }, START_MS);

  afterAll(async () => {
    await running.stop();
  });

  it.each(vaultConformance)('$name', async ({ run }) => {
    const [one, two, three] = running.hospitals.map(({ vault }) => vault);
    if (one === undefined || two === undefined || three === undefined) throw new Error('three vaults');
    await run([one, two, three]);
  });

  it('neither listens nor dials beyond loopback', async () => {
    const sockets = await socketsOf(processIds(running.hospitals), 'tcp');
    expect(sockets.length).toBeGreaterThan(6);
    const outside = sockets.filter(
      ({ local, remote }) => !isLoopback(local) || !(isLoopback(remote) || isUnspecified(remote)),
    );
    expect(outside).toEqual([]);
    // ipfs-cluster looks for a UPnP router once at its start, which cannot be turned off; nothing else ever uses UDP.
    const datagrams = async () => (await socketsOf(processIds(running.hospitals), 'udp')).length;
    await waitUntil(async () => (await datagrams()) === 0, {
      what: 'the end of the UPnP search',
      deadlineMs: 60_000,
    });
  });

  it('shows no secret in a process argument, and keeps its files to itself', async () => {
    const secrets = [alder.credentials.password, running.swarmKey.split('\n')[2] ?? ''];
    for (const pid of processIds(running.hospitals)) {
      const shown = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8');
      const environment = await readFile(`/proc/${String(pid)}/environ`, 'utf8');
      for (const secret of secrets) expect(`${shown}${environment}`).not.toContain(secret);
    }
    expect((await stat(alder.kuboFolder)).mode & 0o777).toBe(0o700);
    for (const name of ['config', 'swarm.key']) {
      expect((await stat(join(alder.kuboFolder, 'repo', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('writes no secret and no content to its logs', async () => {
    const logs = (await filesBelow(running.folder)).filter((file) => /-(kubo|cluster)\.log$/.test(file));
    expect(logs).toHaveLength(6);
    for (const log of logs) expect(await readFile(log, 'utf8')).not.toContain(alder.credentials.password);
  });

  it('answers the cluster interface only to the hospital itself', async () => {
    const { clusterUrl, kuboSocket } = alder;
    const ask = (headers: Record<string, string>) => fetch(`${clusterUrl}/allocations`, { headers });
    expect((await ask({})).status).toBe(401);
    const guess = Buffer.from(`${alder.hospital}:guess`).toString('base64');
    expect((await ask({ authorization: `Basic ${guess}` })).status).toBe(401);
    const credentials = { user: alder.hospital, password: 'not-the-password-0' };
    const impostor = openSwarmVault({ kuboSocket, clusterUrl, credentials, pinIndexPath: ':memory:' });
    expect(await refusalOf(impostor.listPins())).toBe('VAULT_REFUSED');
    await impostor.close();
  });

  it('tells nothing of a part but its identifier to the other cluster peers', async () => {
    const token = Buffer.from(`${alder.credentials.user}:${alder.credentials.password}`).toString('base64');
    const url = `${alder.clusterUrl}/allocations/${part.cid}`;
    const entry = (await (
      await fetch(url, { headers: { authorization: `Basic ${token}` } })
    ).json()) as object;
    expect(entry).toMatchObject({ name: '', metadata: {} });
  });

  it.each([
    ['a node with the key joins', 'member', 200, 'none'],
    ['a node without a key gets no block', 'keyless', 500, 'PART_NOT_FOUND'],
    ['a node with another key gets no block', 'wrong-key', 500, 'PART_NOT_FOUND'],
  ] as const)('attack 22: %s', async (_, name, connected, refusal) => {
    const stranger = await strangerNode(name);
    stranger.process.start();
    try {
      await stranger.process.untilAlive();
      expect(await connect(stranger.socketPath, alder)).toBe(connected);
      const read = stranger.vault.getPart(part.cid, part.size, { deadlineMs: 5_000 });
      expect(await refusalOf(read)).toBe(refusal);
      expect((await stranger.vault.status()).swarmPeers > 0).toBe(name === 'member');
    } finally {
      await stranger.vault.close();
      await stranger.process.stop();
    }
  });

  // A node that peers with the three hospitals as a member would, but with the key that its name says.
  async function strangerNode(name: 'member' | 'keyless' | 'wrong-key') {
    const folder = join(running.folder, name);
    const [port = 0] = await freePorts(1);
    const description = describeKubo({ hospital: name, folder, swarm: { host: '127.0.0.1', port } });
    await initialise(description, binaries);
    const peers = running.hospitals.map(({ kuboPeerId, swarmPort }) => ({
      peerId: kuboPeerId,
      swarm: { host: '127.0.0.1', port: swarmPort },
    }));
    const otherKey = swarmKeyText(crypto.getRandomValues(new Uint8Array(32)));
    const node = description.configure(peers, { swarmKey: name === 'member' ? running.swarmKey : otherKey });
    await configureFiles(node);
    if (name === 'keyless') await rm(join(folder, 'repo', 'swarm.key'));
    const start = {
      ...node.start,
      env: { ...node.start.env, LIBP2P_FORCE_PNET: name === 'keyless' ? '0' : '1' },
    };
    const logFile = join(running.folder, `${name}.txt`);
    const process = new NodeProcess({ ...node, start }, { binaries, authorization: '', logFile });
    const { clusterUrl, credentials } = alder;
    const socketPath = kuboRpcSocket(folder);
    return {
      process,
      socketPath,
      vault: openSwarmVault({ kuboSocket: socketPath, clusterUrl, credentials, pinIndexPath: ':memory:' }),
    };
  }
});

// Asks the node behind a socket to dial a hospital; returns the status of its answer.
async function connect(socketPath: string, { swarmPort, kuboPeerId }: VaultHospital): Promise<number> {
  const client = new Client('http://localhost', { connect: { socketPath } });
  const arg = `/ip4/127.0.0.1/tcp/${String(swarmPort)}/p2p/${kuboPeerId}`;
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/api/v0/swarm/connect',
    query: { arg },
  });
  await body.dump();
  await client.close();
  return statusCode;
}
