// SPDX-License-Identifier: Apache-2.0
import { describe, it } from '@jest/globals';
import { vaultConformance } from './conformance.js';
import { MemorySwarm } from './memory-swarm.js';
import { MemoryVault } from './memory-vault.js';

describe('the in-memory vault', () => {
  it.each(vaultConformance)('$name', async ({ run }) => {
    const swarm = new MemorySwarm(['alder', 'birch', 'cedar']);
    const vaults = ['alder', 'birch', 'cedar'].map((hospital) => new MemoryVault(swarm, hospital));
    const [first, second, third] = vaults;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three vaults');
    await run([first, second, third]);
  });
});
