// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSwarmVault } from '../swarm-vault.js';
import {
  clusterSecretText,
  describeCluster,
  describeKubo,
  kuboRpcSocket,
  swarmKeyText,
} from '../nodes/index.js';
import type {
  ClusterPeer,
  ClusterSettings,
  KuboPeer,
  KuboSettings,
  RestCredentials,
} from '../nodes/index.js';
import type { Vault } from '../vault.js';
import { freePorts } from './free-ports.js';
import { configureFiles, initialise, NodeProcess, type Binaries } from './node-process.js';

/** One hospital's real nodes and the vault over them. */
export interface VaultHospital {
  readonly hospital: string;
  readonly kuboFolder: string;
  readonly kuboSocket: string;
  readonly kuboPeerId: string;
  readonly swarmPort: number;
  readonly clusterUrl: string;
  readonly credentials: RestCredentials;
  readonly kubo: NodeProcess;
  readonly cluster: NodeProcess;
  readonly vault: Vault;
}

/** A running private swarm in a temporary folder. */
export interface RunningVaults {
  readonly folder: string;
  readonly swarmKey: string;
  readonly hospitals: readonly VaultHospital[];
  /** Stops every process and removes the folder. */
  readonly stop: () => Promise<void>;
}

const NAMES = ['alder', 'birch', 'cedar', 'dogwood', 'elm'] as const;
const PORTS_EACH = 3;
const HOST = '127.0.0.1';

interface Plan {
  readonly kubo: KuboSettings;
  readonly cluster: ClusterSettings;
  readonly credentials: RestCredentials;
}

/** Starts `count` (1 to 5) real Kubo and ipfs-cluster nodes on free loopback ports and waits until they are joined. */
export async function startVaults(count: number, binaries: Binaries): Promise<RunningVaults> {
  const folder = await mkdtemp(join(tmpdir(), 'tv-'));
  const ports = await freePorts(count * PORTS_EACH);
  const plans = NAMES.slice(0, count).map((hospital, index) =>
    planOf(folder, hospital, ports.slice(index * PORTS_EACH)),
  );
  const swarmKey = swarmKeyText(randomBytes(32));
  const hospitals = await prepare(plans, {
    binaries,
    swarmKey,
    secret: clusterSecretText(randomBytes(32)),
    folder,
  });
  const running = { folder, swarmKey, hospitals, stop: () => stopAll(folder, hospitals) };
  try {
    await startAll(hospitals);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function planOf(folder: string, hospital: string, ports: readonly number[]): Plan {
  const [swarm = 0, listen = 0, rest = 0] = ports;
  const kuboFolder = join(folder, hospital, 'kubo');
  const endpoint = (port: number) => ({ host: HOST, port });
  return {
    kubo: { hospital, folder: kuboFolder, swarm: endpoint(swarm), storageMax: '2GB' },
    cluster: {
      hospital,
      folder: join(folder, hospital, 'cluster'),
      clusterName: 'tutela-test',
      listen: endpoint(listen),
      rest: endpoint(rest),
      kuboSocket: kuboRpcSocket(kuboFolder),
    },
    credentials: { user: hospital, password: Buffer.from(randomBytes(24)).toString('hex') },
  };
}

interface Shared {
  readonly binaries: Binaries;
  readonly swarmKey: string;
  readonly secret: string;
  readonly folder: string;
}

async function prepare(plans: readonly Plan[], shared: Shared): Promise<readonly VaultHospital[]> {
  const kuboPeers: KuboPeer[] = [];
  const clusterPeers: ClusterPeer[] = [];
  for (const { kubo, cluster } of plans) {
    kuboPeers.push({ peerId: await initialise(describeKubo(kubo), shared.binaries), swarm: kubo.swarm });
    const peerId = await initialise(describeCluster(cluster), shared.binaries);
    clusterPeers.push({ hospital: cluster.hospital, peerId, listen: cluster.listen });
  }
  return Promise.all(plans.map((plan, index) => hospitalOf(plan, kuboPeers, clusterPeers, index, shared)));
}

async function hospitalOf(
  plan: Plan,
  kuboPeers: readonly KuboPeer[],
  clusterPeers: readonly ClusterPeer[],
  index: number,
  shared: Shared,
): Promise<VaultHospital> {
  const { kubo, cluster, credentials } = plan;
  const kuboNode = describeKubo(kubo).configure(kuboPeers, { swarmKey: shared.swarmKey });
  const clusterNode = describeCluster(cluster).configure(clusterPeers, {
    secret: shared.secret,
    credentials,
  });
  await configureFiles(kuboNode);
  await configureFiles(clusterNode);
  const token = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  const options = (kind: string) => ({
    binaries: shared.binaries,
    authorization: `Basic ${token}`,
    logFile: join(shared.folder, `${kubo.hospital}-${kind}.log`),
  });
  const clusterUrl = `http://${HOST}:${String(cluster.rest.port)}`;
  return {
    hospital: kubo.hospital,
    kuboFolder: kubo.folder,
    kuboSocket: cluster.kuboSocket,
    kuboPeerId: kuboPeers[index]?.peerId ?? '',
    swarmPort: kubo.swarm.port,
    clusterUrl,
    credentials,
    kubo: new NodeProcess(kuboNode, options('kubo')),
    cluster: new NodeProcess(clusterNode, options('cluster')),
    vault: openSwarmVault({
      ...{ kuboSocket: cluster.kuboSocket, clusterUrl, credentials },
      pinIndexPath: join(shared.folder, kubo.hospital, 'pins.db'),
    }),
  };
}

// One after another: a failed first dial would cost Kubo five seconds, and a cluster peer never fetches from one that
// connects to it while it starts.
async function startAll(hospitals: readonly VaultHospital[]): Promise<void> {
  for (const { kubo } of hospitals) {
    kubo.start();
    await kubo.untilAlive();
  }
  for (const { cluster } of hospitals) {
    cluster.start();
    await cluster.untilAlive();
  }
  await Promise.all(hospitals.flatMap(({ kubo, cluster }) => [kubo.untilJoined(), cluster.untilJoined()]));
}

async function stopAll(folder: string, hospitals: readonly VaultHospital[]): Promise<void> {
  const ends = await Promise.allSettled(
    hospitals.flatMap(({ vault, kubo, cluster }) => [vault.close(), cluster.stop(), kubo.stop()]),
  );
  await rm(folder, { recursive: true, force: true });
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
