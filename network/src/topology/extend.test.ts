// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { extendTopology } from './extend.js';
import { defaultTopologyPath, parseTopology } from './load.js';

const two = 'hospitals:\n  - { id: alder, name: Alder }\n  - { id: birch, name: Birch }\n';

describe('a topology that a hospital joins', () => {
  test('has it last, so that no other hospital’s ports move', async () => {
    const before = await readFile(defaultTopologyPath, 'utf8');
    const after = parseTopology(extendTopology(before, 'file', { id: 'dogwood' }), 'file');
    expect(after.hospitals.map(({ id }) => id)).toEqual(['alder', 'birch', 'cedar', 'dogwood']);
    expect(after.hospitals[3]).toEqual({
      id: 'dogwood',
      name: 'Dogwood Hospital',
      mspId: 'DogwoodMSP',
      orderer: true,
      blocksFrom: 'dogwood',
    });
  });

  test('raises the thresholds that it names to a majority, and leaves the rest of the file alone', async () => {
    const before = await readFile(defaultTopologyPath, 'utf8');
    const after = extendTopology(before, 'file', { id: 'dogwood', name: 'Dogwood' });
    expect(parseTopology(after, 'file')).toMatchObject({
      custodyThreshold: 3,
      endorsements: 3,
    });
    expect(after).toContain('# custodians who must agree before a record opens');
  });

  test('derives the thresholds that it does not name', () => {
    const three = extendTopology(two, 'file', { id: 'cedar' });
    const four = extendTopology(three, 'file', { id: 'dogwood' });
    expect(parseTopology(three, 'file')).toMatchObject({ custodyThreshold: 2, endorsements: 2 });
    expect(parseTopology(four, 'file')).toMatchObject({ custodyThreshold: 3, endorsements: 3 });
  });

  test('remembers how many have founded the consortium', () => {
    expect(parseTopology(two, 'file')).toMatchObject({ founders: 2 });
    const four = extendTopology(extendTopology(two, 'file', { id: 'cedar' }), 'file', { id: 'dogwood' });
    expect(parseTopology(four, 'file')).toMatchObject({ founders: 2 });
  });

  test('stays as it is when it has the hospital already', () => {
    const three = extendTopology(two, 'file', { id: 'cedar', name: 'Cedar' });
    expect(extendTopology(three, 'file', { id: 'cedar', name: 'Cedar' })).toBe(three);
    expect(extendTopology(three, 'file', { id: 'cedar' })).toBe(three);
  });

  test('is refused where another hospital has the id', () => {
    expect(() => extendTopology(two, 'file', { id: 'birch', name: 'Another' })).toThrow('is there already');
  });

  test('a mistake of the argument: the refusal names it, and no line of a file that has none such', () => {
    const refused = (added: { id: string; name?: string }, text = two) => {
      try {
        return extendTopology(text, 'file', added);
      } catch (error) {
        return error;
      }
    };
    expect(refused({ id: 'Alder' })).toMatchObject({
      code: 'USAGE',
      message:
        'The id "Alder" cannot be that of a hospital: it must be 2 to 16 lower-case letters and digits, starting with a letter.',
      advice: expect.stringContaining('Nothing was changed'),
    });
    expect(refused({ id: 'elm', name: 'x'.repeat(65) })).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('64 characters at most'),
    });
    const ids = Array.from({ length: 16 }, (_, index) => `  - { id: h${index}x, name: H }\n`).join('');
    expect(refused({ id: 'elm' }, `hospitals:\n${ids}`)).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^The hospital "elm" cannot join/),
    });
  });
});
