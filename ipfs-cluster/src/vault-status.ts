// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { PeerAnswer } from './cluster-answers.js';
import type { ClusterPeerClient } from './cluster-peer.js';
import type { KuboNode } from './kubo-node.js';
import type { VaultStatus } from './vault.js';
import { isVaultError } from './vault-error.js';

const STATUS_PATIENCE_MS = 1_000;

type KuboStatus = Pick<VaultStatus, 'kuboReachable' | 'swarmPeers'>;
type ClusterStatus = Pick<VaultStatus, 'clusterReachable' | 'hospitals'>;

const KUBO_DOWN: KuboStatus = { kuboReachable: false, swarmPeers: 0 };
const CLUSTER_DOWN: ClusterStatus = { clusterReachable: false, hospitals: [] };

/** A hospital's two nodes, and the clock by which patience with the others ends. */
export interface VaultNodes {
  readonly kubo: KuboNode;
  readonly cluster: ClusterPeerClient;
  readonly clock: Clock;
}

/** Runs a question with a deadline; throws a vault error when it passes. */
export type Limited = <T>(question: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** How the nodes do; one that does not answer is down, and the other is told all the same. */
export async function statusOf({ kubo, cluster, clock }: VaultNodes, limited: Limited): Promise<VaultStatus> {
  const [ofKubo, ofCluster] = await Promise.all([
    limited((signal) => kuboStatus(kubo, signal)).catch(whenDown(KUBO_DOWN)),
    limited((signal) => clusterStatus(cluster, clock, signal)).catch(whenDown(CLUSTER_DOWN)),
  ]);
  return { ...ofKubo, ...ofCluster };
}

function whenDown<T>(down: T): (error: unknown) => T {
  return (error) => {
    if (isVaultError(error)) return down;
    throw error;
  };
}

async function kuboStatus(kubo: KuboNode, signal: AbortSignal): Promise<KuboStatus> {
  return { kuboReachable: true, swarmPeers: await kubo.swarmPeers(signal) };
}

async function clusterStatus(
  cluster: ClusterPeerClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<ClusterStatus> {
  // A list of those that answer in time may be empty: the own peer is asked without that patience.
  const [peers] = await Promise.all([
    cluster.peers(clock.timeout(STATUS_PATIENCE_MS), signal),
    cluster.own(signal),
  ]);
  const hospitals = peers.map((peer) => ({ hospital: peer.peername, healthy: isWell(peer) }));
  return { clusterReachable: true, hospitals };
}

/** Tells whether a peer and its Kubo node work. */
function isWell({ error, ipfs }: PeerAnswer): boolean {
  return error === '' && ipfs.error === '';
}
