// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { parseTopology } from '../topology/load.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { configtx } from '../render/configtx.js';
import { ordererConfig } from '../render/orderer-config.js';
import { peerConfig } from '../render/peer-config.js';
import { certifiedHosts, hospitalContext } from './context.js';
import { identityPlans, tlsPlans } from './identities.js';
import { layoutState, socketPaths } from './layout.js';
import { planProcesses } from './plan.js';
import { consortiumProfile } from './profile.js';

const ordererless = `hospitals:
  - { id: alder, name: Alder }
  - { id: birch, name: Birch }
  - { id: cedar, name: Cedar, orderer: false, blocksFrom: birch }
  - { id: dogwood, name: Dogwood }
  - { id: elm, name: Elm }
`;

describe('the plan of three hospitals', () => {
  test('is exactly these processes', async () => {
    expect(planProcesses(await examplePlan())).toMatchSnapshot();
  });

  test('is found by tests and tools through exactly this profile', async () => {
    expect(consortiumProfile(await examplePlan())).toMatchSnapshot();
  });

  test('gives every hospital exactly these identities', async () => {
    const inputs = await examplePlan();
    const contexts = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
    expect(
      contexts.slice(0, 1).map((context) => [identityPlans(context), tlsPlans(context)]),
    ).toMatchSnapshot();
  });

  test('runs eight processes at every hospital, each name once, and in the order of the kinds', async () => {
    const names = planProcesses(await examplePlan()).map(({ name }) => name);
    expect(names).toHaveLength(24);
    expect(new Set(names).size).toBe(24);
  });

  test('starts nothing before what it depends on', async () => {
    const processes = planProcesses(await examplePlan());
    const seen = new Set<string>();
    for (const { dependsOn, name } of processes) {
      expect(dependsOn.filter((other) => !seen.has(other))).toEqual([]);
      seen.add(name);
    }
  });

  test('gives a process no path of another hospital', async () => {
    const inputs = await examplePlan();
    const ids = inputs.topology.hospitals.map(({ id }) => id);
    for (const spec of planProcesses(inputs)) {
      const text = JSON.stringify(spec);
      const foreign = ids.filter((id) => id !== spec.hospital && text.includes(`/hospitals/${id}/`));
      expect([spec.name, foreign]).toEqual([spec.name, []]);
    }
  });

  test('puts no secret into arguments or environment: only names of files', async () => {
    for (const { args, env } of planProcesses(await examplePlan())) {
      const secretNames = Object.entries(env).filter(([name]) => /PASSPHRASE|CREDENTIALS|KEY/.test(name));
      expect(
        secretNames.filter(([name, value]) => !name.endsWith('_FILE') || !value.startsWith('/')),
      ).toEqual([]);
      expect(args.filter((argument) => /pass|secret/i.test(argument))).toEqual([]);
    }
  });
});

describe('a hospital without an orderer', () => {
  test('has neither the process nor its identity', async () => {
    const inputs = await examplePlan(parseTopology(ordererless, 'file.yaml'));
    const orderers = planProcesses(inputs).filter(({ kind }) => kind === 'orderer');
    expect(orderers.map(({ hospital }) => hospital)).toEqual(['alder', 'birch', 'dogwood', 'elm']);
    const [, , cedar] = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
    if (cedar === undefined) throw new Error('no third hospital');
    expect(identityPlans(cedar).map(({ holder }) => holder)).not.toContain('orderer');
    expect(tlsPlans(cedar)).not.toContain('orderer');
    expect(consortiumProfile(inputs).hospitals[2]?.ordererEndpoint).toBeNull();
  });
});

describe('a hospital at an address of its own', () => {
  test('listens, is reached and is certified there, and nowhere speaks of loopback', async () => {
    const hosts = ['10.77.0.11', '10.77.0.12'].map(
      (host, index) => `  - { id: h${index}x, name: H${index}, host: ${host} }\n`,
    );
    const inputs = await examplePlan(parseTopology(`hospitals:\n${hosts.join('')}`, 'file.yaml'));
    const contexts = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
    const rendered = [
      planProcesses(inputs),
      consortiumProfile(inputs),
      configtx(inputs),
      contexts.map((context) => [peerConfig(context), ordererConfig(context)]),
    ];
    expect(JSON.stringify(rendered)).not.toMatch(/localhost|127\.0\.0\.1|0\.0\.0\.0/);
    expect(contexts.map((context) => certifiedHosts(context).at(-1))).toEqual(['10.77.0.11', '10.77.0.12']);
    for (const spec of planProcesses(inputs)) {
      const foreign = spec.hospital === 'h0x' ? '10.77.0.12' : '10.77.0.11';
      expect([spec.name, JSON.stringify(spec).includes(foreign)]).toEqual([spec.name, false]);
    }
  });

  test('must be named by an address, not by a word that resolves to anything', () => {
    expect(() => parseTopology(ordererless.replace('}', ', host: example }'), 'file.yaml')).toThrow(
      'hospitals.0.host',
    );
  });
});

describe('a hospital that keeps its passphrases elsewhere', () => {
  test('the place of a passphrase is given to the hospital’s own custodian and gateway, and changes nothing for other processes', async () => {
    const names = (passphrases: string) =>
      `hospitals:\n  - { id: alder, name: Alder${passphrases} }\n  - { id: birch, name: Birch }\n`;
    const named =
      ', passphrases: { custodian: { file: /media/alder/passphrase }, gateway: { command: [secret-tool, lookup, service, tutela] } }';
    const before = planProcesses(await examplePlan(parseTopology(names(''), 'file.yaml')));
    const after = planProcesses(await examplePlan(parseTopology(names(named), 'file.yaml')));
    const passphrases = (name: string) => {
      const env = Object.entries(after.find((spec) => spec.name === name)?.env ?? {});
      return env.filter(([variable]) => variable.includes('PASSPHRASE'));
    };
    expect(passphrases('alder/custodian')).toEqual([
      ['TUTELA_CUSTODIAN_PASSPHRASE_FILE', '/media/alder/passphrase'],
    ]);
    expect(passphrases('alder/gateway')).toEqual([
      ['TUTELA_GATEWAY_PASSPHRASE_COMMAND', '["secret-tool","lookup","service","tutela"]'],
    ]);
    const changed = after.filter((spec, index) => JSON.stringify(spec) !== JSON.stringify(before[index]));
    expect(changed.map(({ name }) => name)).toEqual(['alder/custodian', 'alder/gateway']);
  });
});

describe('the sockets of a consortium', () => {
  test('are all known, so that a path that is too long is found before anything starts', async () => {
    const { topology } = await examplePlan();
    expect(socketPaths(layoutState('/s'), topology.hospitals.slice(0, 1))).toEqual([
      '/s/supervisor.sock',
      '/s/hospitals/alder/custodian/operator.sock',
      '/s/hospitals/alder/gateway/operator.sock',
      '/s/hospitals/alder/gateway/copies.sock',
      '/s/hospitals/alder/kubo/rpc.sock',
    ]);
  });
});
