// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Endpoint } from './address.js';
import type { ConfiguredNode, Invocation, NodeDescription, Probe } from './description.js';
import { kuboPeerId, privateKuboConfig, type KuboPeer } from './kubo-config.js';
import { checkedSocketPath } from './socket-path.js';

/** What differs between one hospital's Kubo node and another's; `folder` is absolute and belongs to the node alone. */
export interface KuboSettings {
  readonly hospital: string;
  readonly folder: string;
  readonly swarm: Endpoint;
  /** The most that the repository may hold, in Kubo's notation; default `100GB`. */
  readonly storageMax?: string;
}

/** What the hospitals share: the text of the swarm key file. */
export interface KuboSecrets {
  readonly swarmKey: string;
}

const STOP_GRACE_MS = 20_000;

/** The Unix socket on which the node in `folder` answers its RPC interface. */
export function kuboRpcSocket(folder: string): string {
  return join(folder, 'rpc.sock');
}

/** Describes a hospital's Kubo node: private swarm, RPC only on a Unix socket in a 0700 folder, durable verified blocks. */
export function describeKubo(settings: KuboSettings): NodeDescription<KuboPeer, KuboSecrets> {
  const repo = kuboRepo(settings.folder);
  checkedSocketPath(kuboRpcSocket(settings.folder));
  return {
    kind: 'kubo',
    hospital: settings.hospital,
    folders: [{ path: settings.folder, mode: 0o700 }],
    init: {
      run: invocation(settings, ['init', '--empty-repo', '--profile', 'unixfs-v1-2025']),
      folder: repo,
      creates: join(repo, 'datastore_spec'),
    },
    identity: { path: join(repo, 'config'), peerId: kuboPeerId },
    configure: (peers, secrets) => configureKubo(settings, peers, secrets),
  };
}

/** The environment in which the ordinary `ipfs` command speaks to the node in `folder`. */
export function kuboEnvironment(folder: string): Readonly<Record<string, string>> {
  return {
    IPFS_PATH: kuboRepo(folder),
    LIBP2P_FORCE_PNET: '1',
    IPFS_TELEMETRY: 'off',
    GOLOG_LOG_LEVEL: 'error',
  };
}

function configureKubo(
  settings: KuboSettings,
  peers: readonly KuboPeer[],
  secrets: KuboSecrets,
): ConfiguredNode {
  const rpcSocket = kuboRpcSocket(settings.folder);
  const repo = kuboRepo(settings.folder);
  const others = peers.filter((peer) => !sameEndpoint(peer.swarm, settings.swarm));
  const inputs = { swarm: settings.swarm, rpcSocket, storageMax: settings.storageMax ?? '100GB', others };
  return {
    files: [{ path: join(repo, 'swarm.key'), mode: 0o600, text: secrets.swarmKey }],
    edits: [{ path: join(repo, 'config'), mode: 0o600, edit: (config) => privateKuboConfig(config, inputs) }],
    staleSockets: [rpcSocket],
    start: invocation(settings, ['daemon', '--migrate=false']),
    alive: [rpcProbe(rpcSocket, '/api/v0/id', () => true)],
    joined: [
      rpcProbe(rpcSocket, '/api/v0/swarm/peers', (body) =>
        others.every((peer) => body.includes(peer.peerId)),
      ),
    ],
    stop: { signal: 'SIGTERM', graceMs: STOP_GRACE_MS },
  };
}

function kuboRepo(folder: string): string {
  return join(folder, 'repo');
}

function invocation(settings: KuboSettings, args: readonly string[]): Invocation {
  return { program: 'ipfs', args, env: kuboEnvironment(settings.folder) };
}

function rpcProbe(socketPath: string, path: string, holds: (body: string) => boolean): Probe {
  return {
    target: { kind: 'unix', socketPath },
    method: 'POST',
    path,
    satisfied: ({ status, body }) => status === 200 && holds(body),
  };
}

function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port;
}
