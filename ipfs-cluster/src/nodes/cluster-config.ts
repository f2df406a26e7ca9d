// SPDX-License-Identifier: Apache-2.0
import { tcpMultiaddr, unixMultiaddr, type Endpoint } from './address.js';
import { memberAt, mergePatch, type Json, type JsonObject } from './json.js';
import type { RestCredentials } from './secrets.js';

/** A hospital's cluster peer as the others reach it. */
export interface ClusterPeer {
  readonly hospital: string;
  readonly peerId: string;
  readonly listen: Endpoint;
}

/** What a cluster peer's configuration depends on. */
export interface ClusterConfigInputs {
  readonly hospital: string;
  readonly clusterName: string;
  readonly listen: Endpoint;
  readonly rest: Endpoint;
  readonly kuboSocket: string;
  readonly hospitals: readonly ClusterPeer[];
  readonly secret: string;
  readonly credentials: RestCredentials;
}

const CACHE_BYTES = 64 * 1024 * 1024;
const MEM_TABLE_BYTES = 8 * 1024 * 1024;

/**
 * Turns the configuration that `ipfs-cluster-service init` wrote into that of one peer of the named hospitals: the peers
 * see one another, and the pinset of each is its own, for it says what its own hospital holds.
 */
export function closedClusterConfig(config: Json, inputs: ClusterConfigInputs): Json {
  return mergePatch(config, {
    cluster: clusterSection(inputs),
    consensus: { crdt: crdtSection(inputs) },
    api: { ipfsproxy: null, pinsvcapi: null, restapi: restSection(inputs) },
    ipfs_connector: {
      ipfshttp: {
        node_multiaddress: unixMultiaddr(inputs.kuboSocket),
        connect_swarms_delay: '5s',
        pin_timeout: '20s',
        // The pinset has this hospital's Kubo hold parts, and takes none away: only the own gateway does, by the own ledger.
        unpin_disable: true,
      },
    },
    pin_tracker: {
      stateless: { concurrent_pins: 16, priority_pin_max_age: '24h0m0s', priority_pin_max_retries: 5 },
    },
    monitor: { pubsubmon: { check_interval: '2s' } },
    informer: informers(inputs.hospital),
    datastore: {
      pebble: { pebble_options: { cache_size_bytes: CACHE_BYTES, mem_table_size: MEM_TABLE_BYTES } },
    },
  });
}

/** The peer id in a cluster peer's `identity.json`; throws when there is none. */
export function clusterPeerId(identity: Json): string {
  const peerId = memberAt(identity, 'id');
  if (typeof peerId !== 'string' || peerId === '') throw new TypeError('the cluster identity names no peer');
  return peerId;
}

function clusterSection(inputs: ClusterConfigInputs): JsonObject {
  const others = inputs.hospitals.filter((peer) => peer.hospital !== inputs.hospital);
  return {
    peername: inputs.hospital,
    secret: inputs.secret,
    listen_multiaddress: [tcpMultiaddr(inputs.listen)],
    peer_addresses: others.map((peer) => tcpMultiaddr(peer.listen, peer.peerId)),
    enable_relay_hop: false,
    mdns_interval: '0s',
    // "Everywhere" is the own node, since no other peer takes the pinset over. Any number would have the cluster choose by
    // what peers say of their free space, and every member can say that of every other.
    replication_factor_min: -1,
    replication_factor_max: -1,
    disable_repinning: false,
    pin_only_on_trusted_peers: true,
    monitor_ping_interval: '2s',
    peer_watch_interval: '1s',
    state_sync_interval: '30s',
    // The own gateway has the node hold what is missing. The peer (1.1.6) finds no direct pin in the list of the node's pins:
    // it would look each of its entries up, every time.
    pin_recover_interval: '24h0m0s',
    // A consortium is small: what a peer says goes to all others at once, whether or not the gossip mesh has formed.
    pubsub: { heartbeat_interval: '1s', flood_publish: true },
  };
}

// What a trusted peer writes, every peer that trusts it takes over: so a hospital trusts its own peer alone.
function crdtSection(inputs: ClusterConfigInputs): JsonObject {
  return {
    cluster_name: inputs.clusterName,
    trusted_peers: [own(inputs).peerId],
    rebroadcast_interval: '5s',
  };
}

function own({ hospital, hospitals }: ClusterConfigInputs): ClusterPeer {
  const peer = hospitals.find((one) => one.hospital === hospital);
  if (peer === undefined) throw new RangeError('the hospital is not among the cluster peers');
  return peer;
}

function restSection(inputs: ClusterConfigInputs): JsonObject {
  const { user, password } = inputs.credentials;
  return {
    http_listen_multiaddress: [tcpMultiaddr(inputs.rest)],
    basic_auth_credentials: { [user]: password },
    cors_allowed_origins: [],
  };
}

function informers(hospital: string): JsonObject {
  const metric_ttl = '10s';
  return { disk: { metric_ttl }, pinqueue: { metric_ttl }, tags: { metric_ttl, tags: { group: hospital } } };
}
