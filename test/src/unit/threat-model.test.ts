// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { filesUnder, readRepositoryFile } from '../support/repository.js';

const QUOTED_ATTACK = /`(attack [^`]+)`/g;
const QUOTED = /`([^`]+)`/g;
const WORKSPACES = ['chaincode', 'crypto', 'custodian', 'gateway-api', 'ipfs-cluster', 'network', 'test'];

const tests = WORKSPACES.flatMap((workspace) => filesUnder(`${workspace}/src`, '.test.ts'))
  .map(readRepositoryFile)
  .join('\n');

describe('the threat model', () => {
  const page = readRepositoryFile('docs/security/threat-model.md');
  const named = [...page.matchAll(QUOTED_ATTACK)].map(([, name]) => name ?? '');

  test('names the tests of its rows', () => {
    expect(named.length).toBeGreaterThan(40);
  });

  test.each(named)('%s', (name) => {
    expect(tests).toContain(name);
  });
});

describe('the advisories', () => {
  const rows = readRepositoryFile('docs/security/advisories.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const shown = rows.map((row) => row.split('|').at(-2) ?? '').join('\n');
  // A test's name is a sentence; the name of a file or of a story's step is none.
  const named = [...shown.matchAll(QUOTED)]
    .map(([, name]) => name ?? '')
    .filter((name) => name.includes(' '));

  test('name the tests of their rows', () => {
    expect(named.length).toBeGreaterThan(40);
  });

  test.each(named)('%s', (name) => {
    expect(tests).toContain(name);
  });
});
