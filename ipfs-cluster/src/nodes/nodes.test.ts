// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { closedClusterConfig, describeCluster, describeKubo, privateKuboConfig, type Json } from './index.js';

const kuboDefaults: Json = {
  Identity: { PeerID: '12D3KooWAlder', PrivKey: 'kept' },
  AutoConf: { Enabled: true, URL: 'https://conf.example' },
  Bootstrap: ['auto'],
  DNS: { Resolvers: { '.': 'auto' } },
  Addresses: {
    Swarm: ['/ip4/0.0.0.0/tcp/4001'],
    API: '/ip4/127.0.0.1/tcp/5001',
    Gateway: '/ip4/127.0.0.1/tcp/8080',
  },
  Datastore: {
    Spec: {
      type: 'mount',
      mounts: [
        { mountpoint: '/blocks', type: 'flatfs', path: 'blocks', sync: false, prefix: 'flatfs.datastore' },
        { mountpoint: '/', type: 'measure', child: { type: 'levelds', path: 'datastore' } },
      ],
    },
  },
};

const kuboSettings = { hospital: 'alder', folder: '/s/alder/kubo', swarm: { host: '127.0.0.1', port: 7001 } };
const kuboPeers = ['Alder', 'Birch', 'Cedar'].map((name, index) => ({
  peerId: `12D3KooW${name}`,
  swarm: { host: '127.0.0.1', port: 7001 + index },
}));
const clusterSettings = {
  hospital: 'alder',
  folder: '/s/alder/cluster',
  clusterName: 'tutela',
  listen: { host: '127.0.0.1', port: 7101 },
  rest: { host: '127.0.0.1', port: 7201 },
  kuboSocket: '/s/alder/kubo/rpc.sock',
};
const clusterPeers = ['alder', 'birch', 'cedar'].map((hospital, index) => ({
  hospital,
  peerId: `12D3KooC${hospital}`,
  listen: { host: '127.0.0.1', port: 7101 + index },
}));
const clusterSecrets = { secret: 'ab'.repeat(32), credentials: { user: 'alder', password: 'p'.repeat(32) } };

const edited = (
  node: { readonly edits: readonly { readonly edit: (config: Json) => Json }[] },
  config: Json,
) => node.edits.reduce((json, { edit }) => edit(json), config);

describe('the description of a Kubo node', () => {
  const described = describeKubo(kuboSettings);
  const configured = described.configure(kuboPeers, { swarmKey: 'planted-swarm-key' });

  it('is derived from the settings alone', () => {
    expect({ described, configured }).toMatchSnapshot();
  });

  it('edits the configuration into that of a private node, and twice is as once', () => {
    const once = edited(configured, kuboDefaults);
    expect(once).toMatchSnapshot();
    expect(edited(configured, once)).toEqual(once);
  });

  it('puts no secret into an argument or the environment', () => {
    expect(JSON.stringify([described.init.run, configured.start])).not.toContain('planted-swarm-key');
  });

  it('refuses a folder whose socket path would not fit into an address', () => {
    expect(() => describeKubo({ ...kuboSettings, folder: `/${'x'.repeat(120)}` })).toThrow(RangeError);
  });

  it('is joined only when every other hospital is among its peers', () => {
    const [probe] = configured.joined;
    const answer = (...ids: string[]) => ({
      status: 200,
      body: JSON.stringify({ Peers: ids.map((Peer) => ({ Peer })) }),
    });
    expect(probe?.satisfied(answer('12D3KooWBirch', '12D3KooWCedar'))).toBe(true);
    expect(probe?.satisfied(answer('12D3KooWBirch'))).toBe(false);
    expect(probe?.satisfied({ ...answer('12D3KooWBirch', '12D3KooWCedar'), status: 500 })).toBe(false);
  });

  it('refuses a configuration without datastore mounts', () => {
    const inputs = { swarm: kuboSettings.swarm, rpcSocket: '/s', storageMax: '1GB', others: [] };
    expect(() => privateKuboConfig({}, inputs)).toThrow(TypeError);
  });
});

describe('the description of a cluster peer', () => {
  const described = describeCluster(clusterSettings);
  const configured = described.configure(clusterPeers, clusterSecrets);
  const defaults: Json = {
    cluster: { secret: 'made at init', listen_multiaddress: ['/ip4/0.0.0.0/tcp/9096'] },
    api: {
      ipfsproxy: { log_file: '' },
      pinsvcapi: {},
      restapi: { read_timeout: '0s', cors_allowed_origins: ['*'] },
    },
  };

  it('is derived from the settings alone', () => {
    expect({ described, configured }).toMatchSnapshot();
  });

  it('edits the configuration into that of a closed cluster, and twice is as once', () => {
    const once = edited(configured, defaults);
    expect(once).toMatchSnapshot();
    expect(edited(configured, once)).toEqual(once);
  });

  it('puts no secret into an argument or the environment', () => {
    const visible = JSON.stringify([described.init.run, configured.start]);
    expect(visible).not.toContain(clusterSecrets.secret);
    expect(visible).not.toContain(clusterSecrets.credentials.password);
  });

  it('is joined only when every hospital answers without error', () => {
    const [probe] = configured.joined;
    const all = clusterPeers.map((peer) => peer.peerId);
    const line = (id: string, error = '') => JSON.stringify({ id, cluster_peers: all, error });
    const body = (...lines: string[]) => ({ status: 200, body: lines.join('\n') });
    expect(probe?.satisfied(body(...all.map((id) => line(id))))).toBe(true);
    expect(
      probe?.satisfied(body(...all.map((id, index) => line(id, index === 2 ? 'dial failed' : '')))),
    ).toBe(false);
    expect(probe?.satisfied(body(...all.slice(0, 2).map((id) => line(id))))).toBe(false);
  });

  it('attack 40: a cluster peer takes over no other hospital’s changes, and places a pin by nothing that another peer says', () => {
    const inputs = { ...clusterSettings, ...clusterSecrets, hospitals: clusterPeers };
    expect(closedClusterConfig({}, inputs)).toMatchObject({
      cluster: { replication_factor_min: -1, replication_factor_max: -1, pin_only_on_trusted_peers: true },
      consensus: { crdt: { trusted_peers: ['12D3KooCalder'] } },
    });
  });

  it('is refused for a hospital that is not among the peers', () => {
    const inputs = { ...clusterSettings, ...clusterSecrets, hospitals: clusterPeers.slice(1) };
    expect(() => closedClusterConfig({}, inputs)).toThrow(RangeError);
  });
});
