// SPDX-License-Identifier: Apache-2.0
import { tcpMultiaddr, unixMultiaddr, type Endpoint } from './address.js';
import { isJsonObject, memberAt, mergePatch, type Json, type JsonObject } from './json.js';

/** A hospital's Kubo node as the others reach it. */
export interface KuboPeer {
  readonly peerId: string;
  readonly swarm: Endpoint;
}

/** What a Kubo configuration depends on. */
export interface KuboConfigInputs {
  readonly swarm: Endpoint;
  readonly rpcSocket: string;
  readonly storageMax: string;
  readonly others: readonly KuboPeer[];
}

/** Turns the configuration that `ipfs init` wrote into that of a private node: nothing public is asked, offered or resolved. */
export function privateKuboConfig(config: Json, inputs: KuboConfigInputs): Json {
  // A merge cannot empty an object, so what init wrote about resolvers goes first.
  const merged = mergePatch(mergePatch(config, { DNS: null }), { ...isolation, ...addressing(inputs) });
  return mergePatch(merged, { Datastore: durableDatastore(merged, inputs.storageMax) });
}

/** The peer id in a Kubo configuration; throws when there is none. */
export function kuboPeerId(config: Json): string {
  const peerId = memberAt(config, 'Identity', 'PeerID');
  if (typeof peerId !== 'string' || peerId === '')
    throw new TypeError('the Kubo configuration names no peer');
  return peerId;
}

const isolation: JsonObject = {
  AutoConf: { Enabled: false },
  AutoNAT: { ServiceMode: 'disabled' },
  AutoTLS: { Enabled: false },
  Bootstrap: [],
  Discovery: { MDNS: { Enabled: false } },
  DNS: { Resolvers: {} },
  Gateway: { NoFetch: true, NoDNSLink: true },
  HTTPRetrieval: { Enabled: false },
  Ipns: { DelegatedPublishers: [] },
  Plugins: { Plugins: { telemetry: { Config: { Mode: 'off' } } } },
  Provide: { Enabled: false, DHT: { Interval: '0s' } },
  Routing: { Type: 'none', DelegatedRouters: [] },
  Swarm: {
    DisableNatPortMap: true,
    EnableHolePunching: false,
    RelayClient: { Enabled: false },
    RelayService: { Enabled: false },
    Transports: {
      Network: {
        TCP: true,
        QUIC: false,
        WebTransport: false,
        WebRTCDirect: false,
        Websocket: false,
        Relay: false,
      },
    },
  },
  Version: { SwarmCheckEnabled: false },
};

function addressing(inputs: KuboConfigInputs): JsonObject {
  return {
    Addresses: {
      API: unixMultiaddr(inputs.rpcSocket),
      Gateway: [],
      Swarm: [tcpMultiaddr(inputs.swarm)],
      Announce: [],
      AppendAnnounce: [],
    },
    Peering: { Peers: inputs.others.map((peer) => ({ ID: peer.peerId, Addrs: [tcpMultiaddr(peer.swarm)] })) },
  };
}

// A flipped bit must not be served (HashOnRead), and a stored block must survive a loss of power (flatfs sync).
function durableDatastore(config: Json, storageMax: string): JsonObject {
  const mounts = memberAt(config, 'Datastore', 'Spec', 'mounts');
  if (!Array.isArray(mounts)) throw new TypeError('the Kubo configuration has no datastore mounts');
  const spec = { mounts: mounts.map(synced) };
  return { HashOnRead: true, StorageMax: storageMax, Spec: spec };
}

function synced(mount: Json): Json {
  if (!isJsonObject(mount)) return mount;
  const child = mount['child'];
  if (child !== undefined) return { ...mount, child: synced(child) };
  return mount['type'] === 'flatfs' ? { ...mount, sync: true } : mount;
}
