// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Endpoint } from './address.js';
import { closedClusterConfig, clusterPeerId, type ClusterPeer } from './cluster-config.js';
import type { ConfiguredNode, Invocation, NodeDescription, Probe } from './description.js';
import { memberAt, type Json } from './json.js';
import type { RestCredentials } from './secrets.js';

/** What differs between one hospital's cluster peer and another's; `folder` is absolute and belongs to the peer alone. */
export interface ClusterSettings {
  readonly hospital: string;
  readonly folder: string;
  readonly clusterName: string;
  readonly listen: Endpoint;
  readonly rest: Endpoint;
  readonly kuboSocket: string;
}

/** The secret shared by all cluster peers (64 hexadecimal digits) and this hospital's own REST credentials. */
export interface ClusterSecrets {
  readonly secret: string;
  readonly credentials: RestCredentials;
}

const STOP_GRACE_MS = 20_000;

/**
 * Describes a hospital's cluster peer: a pinset of its own (CRDT that trusts itself alone), a view of the named peers,
 * REST behind basic authentication.
 */
export function describeCluster(settings: ClusterSettings): NodeDescription<ClusterPeer, ClusterSecrets> {
  return {
    kind: 'ipfs-cluster',
    hospital: settings.hospital,
    folders: [{ path: settings.folder, mode: 0o700 }],
    init: {
      run: invocation(settings, ['init', '--consensus', 'crdt', '--datastore', 'pebble']),
      folder: clusterHome(settings.folder),
      creates: join(clusterHome(settings.folder), 'identity.json'),
    },
    identity: { path: join(clusterHome(settings.folder), 'identity.json'), peerId: clusterPeerId },
    configure: (peers, secrets) => configureCluster(settings, peers, secrets),
  };
}

function configureCluster(
  settings: ClusterSettings,
  hospitals: readonly ClusterPeer[],
  secrets: ClusterSecrets,
): ConfiguredNode {
  const edit = (config: Parameters<typeof closedClusterConfig>[0]) =>
    closedClusterConfig(config, { ...settings, ...secrets, hospitals });
  const ids = hospitals.map((peer) => peer.peerId);
  return {
    files: [],
    edits: [{ path: join(clusterHome(settings.folder), 'service.json'), mode: 0o600, edit }],
    staleSockets: [],
    start: invocation(settings, ['--loglevel', 'error', 'daemon']),
    alive: [probe(settings.rest, '/id', () => true)],
    joined: [
      probe(settings.rest, '/peers', (body) => answeredWithoutError(body, ids)),
      probe(settings.rest, '/monitor/metrics/freespace', (body) => ids.every((id) => body.includes(id))),
    ],
    stop: { signal: 'SIGTERM', graceMs: STOP_GRACE_MS },
  };
}

function clusterHome(folder: string): string {
  return join(folder, 'home');
}

function invocation(settings: ClusterSettings, args: readonly string[]): Invocation {
  const env = { IPFS_CLUSTER_PATH: clusterHome(settings.folder), GOLOG_LOG_LEVEL: 'error' };
  return { program: 'ipfs-cluster-service', args, env };
}

function probe(rest: Endpoint, path: string, holds: (body: string) => boolean): Probe {
  return {
    target: { kind: 'tcp', host: rest.host, port: rest.port },
    method: 'GET',
    path,
    satisfied: ({ status, body }) => status === 200 && holds(body),
  };
}

// The answer is one JSON object a line; a peer that cannot be asked is listed with a non-empty `error`.
function answeredWithoutError(body: string, ids: readonly string[]): boolean {
  const peers = body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsePeer);
  return ids.every((id) => peers.some((peer) => peer.id === id && peer.healthy));
}

function parsePeer(line: string): { readonly id: unknown; readonly healthy: boolean } {
  const peer = JSON.parse(line) as Json;
  const error = memberAt(peer, 'error');
  return { id: memberAt(peer, 'id'), healthy: error === undefined || error === '' };
}
