// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { hospitalContext, type HospitalContext } from '../plan/context.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { extendTopology } from '../topology/extend.js';
import { defaultTopologyPath, loadTopology, parseTopology } from '../topology/load.js';
import { caServerConfig, tlsAuthorityConfig } from './ca-config.js';
import { chaincodeConnection } from './chaincode-connection.js';
import { collections, endorsementPolicy } from './chaincode-definition.js';
import { renderCompose } from './compose.js';
import { configtx } from './configtx.js';
import { nodeOus } from './node-ous.js';
import { ordererConfig } from './orderer-config.js';
import { peerConfig } from './peer-config.js';

async function alder(): Promise<HospitalContext> {
  const inputs = await examplePlan();
  const [first] = inputs.topology.hospitals;
  if (first === undefined) throw new Error('no hospital');
  return hospitalContext(inputs, first);
}

/** Every text in a rendered object that names an address to listen on. */
function listeners(value: object): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (typeof inner === 'object' && inner !== null) return listeners(inner);
    return /listenaddress$/i.test(name) && typeof inner === 'string' ? [inner] : [];
  });
}

interface Configtx {
  readonly Profiles: Readonly<
    Record<'Consortium', Readonly<Record<'Application' | 'Orderer', { readonly Policies: object }>>>
  >;
}

/** Which address a peer dials instead of one in the channel's configuration. */
function overridesOf(context: HospitalContext): readonly unknown[] {
  const config = peerConfig(context) as {
    peer: { deliveryclient: { addressOverrides: readonly unknown[] } };
  };
  return config.peer.deliveryclient.addressOverrides;
}

describe('rendered configuration', () => {
  test('of a CA server is exactly this', async () => {
    expect(caServerConfig(await alder(), 'secret')).toMatchSnapshot();
    expect(tlsAuthorityConfig(await alder(), 'secret')).toMatchSnapshot();
  });

  test('of a peer is exactly this', async () => {
    expect(peerConfig(await alder())).toMatchSnapshot();
  });

  test('attack: the configuration takes a peer to its own hospital’s orderer, whichever address of the channel it tries', async () => {
    const inputs = await examplePlan();
    const dialled = inputs.topology.hospitals.map((hospital) =>
      overridesOf(hospitalContext(inputs, hospital)),
    );
    const all = ['localhost:7106', 'localhost:7126', 'localhost:7146'];
    const root = (id: string) => `/state/hospitals/${id}/ca/tlsca/ca-cert.pem`;
    expect(dialled).toEqual(
      ['alder', 'birch', 'cedar'].map((id, position) =>
        all.map((from) => ({ from, to: all[position], caCertsFile: root(id) })),
      ),
    );
  });

  test('changes no running peer’s configuration when a hospital joins whose orderer the channel does not list', async () => {
    const text = 'hospitals:\n  - { id: alder, name: A }\n  - { id: birch, name: B }\n';
    const before = await examplePlan(parseTopology(text, 'file.yaml'));
    const joined = extendTopology(text, 'file', { id: 'cedar' });
    const after = await examplePlan(parseTopology(joined, 'file'));
    const [old, alder, , cedar] = [before, after]
      .flatMap((inputs) => inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital)))
      .filter((_, index) => index !== 1);
    if (old === undefined || alder === undefined || cedar === undefined) throw new Error('no hospital');
    expect(peerConfig(alder)).toEqual(peerConfig(old));
    expect(overridesOf(cedar)).toMatchObject([
      { from: 'localhost:7106', to: 'localhost:7146' },
      { from: 'localhost:7126', to: 'localhost:7146' },
    ]);
    expect(JSON.stringify(configtx(after)).match(/"OrdererEndpoints":\[[^\]]*\]/g)).toEqual([
      '"OrdererEndpoints":["localhost:7106"]',
      '"OrdererEndpoints":["localhost:7126"]',
      '"OrdererEndpoints":[]',
    ]);
  });

  test('attack: the configuration lets a peer take no block from another hospital’s peer', async () => {
    expect(peerConfig(await alder())).toMatchObject({
      peer: { gossip: { state: { enabled: false, blockBufferSize: 0 } } },
    });
  });

  test('takes a peer to the orderer that the topology names, where it names another’s', async () => {
    const names = [
      ...['{ id: alder, name: A }', '{ id: birch, name: B, orderer: false, blocksFrom: alder }'],
      ...['{ id: cedar, name: C }', '{ id: dogwood, name: D }', '{ id: elm, name: E }'],
    ];
    const text = `hospitals:\n${names.map((one) => `  - ${one}\n`).join('')}`;
    const inputs = await examplePlan(parseTopology(text, 'file.yaml'));
    const [, birch] = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
    const served = { to: 'localhost:7106', caCertsFile: '/state/hospitals/alder/ca/tlsca/ca-cert.pem' };
    expect(birch === undefined ? [] : overridesOf(birch)).toEqual([
      { from: 'localhost:7106', ...served },
      { from: 'localhost:7126', ...served },
      { from: 'localhost:7146', ...served },
      { from: 'localhost:7166', ...served },
      { from: 'localhost:7186', ...served },
    ]);
  });

  test('attack: fewer than t hospitals change neither the channel, nor its ordering, nor the chaincode', async () => {
    const names = ['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir'].map(
      (id, position) =>
        `  - { id: ${id}, name: H${position === 0 ? '' : ', orderer: false, blocksFrom: alder'} }\n`,
    );
    const text = `hospitals:\n${names.join('')}custody:\n  threshold: 4\n`;
    const { Profiles } = configtx(await examplePlan(parseTopology(text, 'file.yaml'))) as Configtx;
    const { Application, Orderer } = Profiles.Consortium;
    const all = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir'];
    const rule = (role: string) => ({
      Type: 'Signature',
      Rule: `OutOf(4, ${all.map((name) => `'${name}MSP.${role}'`).join(', ')})`,
    });
    expect([Application.Policies, Orderer.Policies]).toMatchObject([
      { Admins: rule('admin'), LifecycleEndorsement: rule('peer'), Endorsement: rule('peer') },
      { Admins: rule('admin') },
    ]);
  });

  test('of an orderer is exactly this', async () => {
    expect(ordererConfig(await alder())).toMatchSnapshot();
  });

  test('of the channel is exactly this', async () => {
    expect(configtx(await examplePlan())).toMatchSnapshot();
  });

  test('distinguishes roles by organisational units', () => {
    expect(nodeOus()).toMatchSnapshot();
  });

  test('listens on loopback and nowhere else', async () => {
    const context = await alder();
    const all = [peerConfig(context), ordererConfig(context), caServerConfig(context, 'secret')].flatMap(
      listeners,
    );
    expect(all.length).toBeGreaterThanOrEqual(6);
    expect(all.filter((address) => !/^127\.0\.0\.1(:\d+)?$/.test(address))).toEqual([]);
  });

  test('lets a hospital’s peer and chaincode server know one another by mutual TLS', async () => {
    expect(chaincodeConnection(await alder(), { root: 'R', cert: 'C', key: 'K' })).toEqual({
      address: 'localhost:7109',
      dial_timeout: '10s',
      tls_required: true,
      client_auth_required: true,
      root_cert: 'R',
      client_cert: 'C',
      client_key: 'K',
    });
  });
});

describe('the chaincode definition', () => {
  test('wants two of three hospitals, and shares private data among members only', async () => {
    const { topology } = await examplePlan();
    expect(endorsementPolicy(topology)).toBe("OutOf(2, 'AlderMSP.peer', 'BirchMSP.peer', 'CedarMSP.peer')");
    expect(collections(topology)).toEqual([
      {
        name: 'vault',
        policy: "OR('AlderMSP.member', 'BirchMSP.member', 'CedarMSP.member')",
        requiredPeerCount: 1,
        maxPeerCount: 2,
        blockToLive: 0,
        memberOnlyRead: true,
        memberOnlyWrite: true,
      },
    ]);
  });

  test('wants three of five hospitals', async () => {
    const path = fileURLToPath(new URL('../../topologies/five-hospitals.yaml', import.meta.url));
    const topology = await loadTopology(path);
    expect(endorsementPolicy(topology)).toMatch(/^OutOf\(3, ('\w+MSP\.peer'(, )?){5}\)$/);
    expect(collections(topology)).toMatchObject([{ requiredPeerCount: 2, maxPeerCount: 4 }]);
  });
});

describe('docker-compose.yaml', () => {
  const defaultSource = 'network/topologies/three-hospitals.yaml';
  const committed = fileURLToPath(new URL('../../../docker-compose.yaml', import.meta.url));

  test('is what the topology renders; run `npx tutela render compose > docker-compose.yaml` after a change', async () => {
    const { topology } = await examplePlan();
    expect(await readFile(committed, 'utf8')).toBe(renderCompose(topology, defaultSource));
  });

  test('of a state that a hospital has joined has its processes, and takes the topology from the state', async () => {
    const extended = extendTopology(await readFile(defaultTopologyPath, 'utf8'), 'file', { id: 'dogwood' });
    const rendered = renderCompose(parseTopology(extended, 'file'));
    const { services } = parse(rendered) as { services: Record<string, { command: unknown }> };
    expect(Object.keys(services).filter((name) => name.startsWith('dogwood-'))).toHaveLength(8);
    expect(services['setup']?.command).toEqual(['up', '--external']);
  });

  test('shows a container the passphrase that its hospital keeps elsewhere, and no other container', () => {
    const named =
      'hospitals:\n  - { id: alder, name: A, passphrases: { custodian: { file: /media/alder/passphrase } } }\n  - { id: birch, name: B }\n';
    const { services } = parse(renderCompose(parseTopology(named, 'file.yaml'))) as {
      services: Record<string, { environment?: Record<string, string>; volumes?: readonly string[] }>;
    };
    const mount = '/media/alder/passphrase:/media/alder/passphrase:ro';
    const shown = Object.keys(services).filter((name) => services[name]?.volumes?.includes(mount));
    expect(shown).toEqual(['alder-custodian']);
    expect(services['alder-custodian']?.environment?.['TUTELA_CUSTODIAN_PASSPHRASE_FILE']).toBe(
      '/media/alder/passphrase',
    );
  });

  test('attack 26: docker-compose.yaml shows a container no folder of another hospital, nor a folder around one', async () => {
    const { topology } = await examplePlan();
    const { services } = parse(renderCompose(topology)) as {
      services: Record<string, { volumes: readonly string[] }>;
    };
    const states = ['.tutela/hospitals', '.tutela/compose/hospitals'];
    const sourcesOf = (name: string): readonly string[] =>
      services[name]?.volumes.map((volume) => normalize(volume.split(':')[0] ?? '')) ?? [];
    const covers = (source: string, folder: string): boolean => !relative(source, folder).startsWith('..');
    for (const { id } of topology.hospitals) {
      const others = topology.hospitals.filter((other) => other.id !== id);
      const folders = states.flatMap((state) => others.map((other) => join(state, other.id)));
      const names = Object.keys(services).filter((name) => name.startsWith(`${id}-`));
      expect(names).toHaveLength(8);
      for (const source of names.flatMap(sourcesOf))
        for (const folder of folders)
          expect([source, folder, covers(source, folder) || covers(folder, source)]).toEqual([
            source,
            folder,
            false,
          ]);
    }
  });

  test('shows a container every workspace of the product but the tests', async () => {
    const { topology } = await examplePlan();
    const { services } = parse(renderCompose(topology)) as {
      services: Record<string, { volumes: readonly string[] }>;
    };
    const { workspaces } = JSON.parse(await readFile(join(dirname(committed), 'package.json'), 'utf8')) as {
      workspaces: readonly string[];
    };
    const shown = services['alder-gateway']?.volumes.filter((volume) => volume.includes(':/tutela/product'));
    const expected = ['node_modules', ...workspaces.filter((name) => name !== 'test')];
    expect(shown?.toSorted()).toEqual(
      expected.map((name) => `./${name}:/tutela/product/${name}:ro`).toSorted(),
    );
  });

  test('differs for another topology, so the comparison can fail', async () => {
    const other = parseTopology(
      'hospitals:\n  - { id: alder, name: A }\n  - { id: birch, name: B }\n',
      'file.yaml',
    );
    expect(await readFile(committed, 'utf8')).not.toBe(renderCompose(other, defaultSource));
  });
});
