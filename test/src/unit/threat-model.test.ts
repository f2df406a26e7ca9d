// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { filesUnder, readRepositoryFile } from '../support/repository.js';

const QUOTED_ATTACK = /`(attack [^`]+)`/g;
const WORKSPACES = ['chaincode', 'crypto', 'custodian', 'gateway-api', 'ipfs-cluster', 'network', 'test'];

describe('the threat model', () => {
  const page = readRepositoryFile('docs/security/threat-model.md');
  const named = [...page.matchAll(QUOTED_ATTACK)].map(([, name]) => name ?? '');
  const tests = WORKSPACES.flatMap((workspace) => filesUnder(`${workspace}/src`, '.test.ts'))
    .map(readRepositoryFile)
    .join('\n');

  test('names the tests of its rows', () => {
    expect(named.length).toBeGreaterThan(40);
  });

  test.each(named)('%s', (name) => {
    expect(tests).toContain(name);
  });
});
