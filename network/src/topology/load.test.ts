// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { GroundError } from '../errors.js';
import { defaultTopologyPath, loadTopology, parseTopology } from './load.js';

const two = `hospitals:
  - id: alder
    name: Alder Hospital
  - id: birch
    name: Birch Hospital
`;

function refusal(text: string): { readonly code: string; readonly message: string } {
  try {
    parseTopology(text, 'file.yaml');
  } catch (error) {
    if (error instanceof GroundError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the topology was accepted');
}

describe('a topology file', () => {
  test('needs only its hospitals: everything else has a default', () => {
    expect(parseTopology(two, 'file.yaml')).toEqual({
      hospitals: [
        { id: 'alder', name: 'Alder Hospital', mspId: 'AlderMSP', orderer: true, blocksFrom: 'alder' },
        { id: 'birch', name: 'Birch Hospital', mspId: 'BirchMSP', orderer: true, blocksFrom: 'birch' },
      ],
      channel: 'tutela',
      chaincode: 'tutela',
      ports: 'auto',
      ordering: { type: 'raft', batchTimeout: '100ms', maxMessages: 1, tickInterval: '100ms' },
      custodyThreshold: 2,
      founders: 2,
      endorsements: 2,
    });
  });

  test.each([
    ['three', 3, 2],
    ['two', 2, 2],
    ['four', 4, 3],
    ['five', 5, 3],
    ['seven', 7, 4],
  ])('ships for %s hospitals, with a majority as threshold', async (name, count, threshold) => {
    const path = fileURLToPath(new URL(`../../topologies/${name}-hospitals.yaml`, import.meta.url));
    const topology = await loadTopology(path);
    expect([topology.hospitals.length, topology.custodyThreshold, topology.endorsements]).toEqual([
      count,
      threshold,
      threshold,
    ]);
  });

  test('shows in the embedded example exactly what the defaults are', async () => {
    const shown = await loadTopology(defaultTopologyPath);
    const names = shown.hospitals.map(({ id, name }) => `  - { id: ${id}, name: ${name} }`).join('\n');
    expect(parseTopology(`hospitals:\n${names}\n`, 'file.yaml')).toEqual(shown);
  });

  test.each([
    [
      'one hospital',
      'hospitals:\n  - { id: alder, name: Alder }\n',
      'file.yaml:2: hospitals: a consortium has at least two hospitals',
    ],
    ['an unknown field', `${two}colour: green\n`, 'file.yaml:1: file: Unrecognized key: "colour"'],
    [
      'an id used twice',
      two.replace('id: birch', 'id: alder'),
      'file.yaml:4: hospitals.1.id: "alder" is used twice',
    ],
    [
      'an id with a slash',
      two.replace('id: birch', 'id: ../birch'),
      'file.yaml:4: hospitals.1.id: must be 2 to 16 lower-case letters and digits, starting with a letter',
    ],
    [
      'a threshold above the hospitals',
      `${two}custody:\n  threshold: 3\n`,
      'file.yaml:7: custody.threshold: cannot exceed the 2 hospitals',
    ],
    [
      'more founders than hospitals',
      `${two}custody:\n  founders: 3\n`,
      'file.yaml:7: custody.founders: cannot exceed the 2 hospitals',
    ],
    [
      'a threshold of one',
      `${two}custody:\n  threshold: 1\n`,
      'file.yaml:7: custody.threshold: Too small: expected number to be >=2',
    ],
    [
      'an endorsement by one hospital',
      `${two}policies:\n  endorsement: 1\n`,
      'file.yaml:7: policies.endorsement: Too small: expected number to be >=2',
    ],
    [
      'fewer endorsements than the custody threshold',
      `${two}  - id: cedar\n    name: Cedar Hospital\ncustody:\n  threshold: 3\npolicies:\n  endorsement: 2\n`,
      'policies.endorsement: must be at least the custody threshold, 3',
    ],
    [
      'a port below 1024',
      `${two}ports:\n  base: 80\n`,
      'file.yaml:7: ports.base: Too small: expected number to be >=1024',
    ],
    [
      'a passphrase in a file that is named from nowhere',
      two.replace('Alder Hospital', 'Alder Hospital\n    passphrases: { custodian: { file: passphrase } }'),
      'file.yaml:4: hospitals.0.passphrases.custodian.file: must be an absolute path',
    ],
    [
      'a passphrase itself',
      two.replace('Alder Hospital', 'Alder Hospital\n    passphrases: { gateway: a secret }'),
      'file.yaml:4: hospitals.0.passphrases.gateway: must be { file: /a/path } or { command: [program, argument] }',
    ],
    [
      'no orderer at all',
      two.replaceAll('name:', 'orderer: false\n    name:'),
      'file.yaml:2: hospitals: at least one hospital that was there from the start must run an orderer',
    ],
    [
      'a hospital without an orderer that does not say whose serves it',
      two.replace('name: Birch', 'orderer: false\n    name: Birch'),
      'file.yaml:4: hospitals.1.blocksFrom: must name a hospital that runs an orderer, since this one runs none',
    ],
    [
      'attack 44: a hospital without an orderer whose releases one custodian could stop',
      `${two}    orderer: false\n    blocksFrom: alder\n  - id: cedar\n    name: Cedar Hospital\n`,
      'file.yaml:6: hospitals.1.orderer: must be true: with 3 hospitals and a threshold of 2, one custodian that is away stops the releases of a hospital without an orderer; only two hospitals more than the threshold make up for it',
    ],
    [
      'blocks from a hospital that is not there',
      two.replace('name: Birch', 'blocksFrom: elm\n    name: Birch'),
      'file.yaml:5: hospitals.1.blocksFrom: must name a hospital that runs an orderer',
    ],
  ])('with %s is refused with the line', (_, text, message) => {
    const { code, message: said } = refusal(text);
    expect(code).toBe('TOPOLOGY_INVALID');
    expect(said).toContain(message);
  });

  test('that is no YAML is refused with the line', () => {
    expect(refusal(`${two}channel: [\n`).message).toMatch(/^file\.yaml:7: /);
  });

  test('that cannot be read is refused as TOPOLOGY_UNREADABLE', async () => {
    await expect(loadTopology('/nowhere/topology.yaml')).rejects.toMatchObject({
      code: 'TOPOLOGY_UNREADABLE',
    });
  });
});
