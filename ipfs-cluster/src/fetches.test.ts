// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock } from './clock.js';
import { Fetches } from './fetches.js';
import { partDag } from './part-dag.js';
import type { RemovalNode } from './remove-unreached.js';
import { waitUntil } from './testing/wait-until.js';
import { VaultError } from './vault-error.js';

const { blocks } = partDag(new Uint8Array(17 * 1024 * 1024).map((_, index) => index >> 20));

/** A node that has what was fetched, and removes what it is asked to, unless it refuses. */
function nodeOf() {
  const removed: string[] = [];
  let here: ReadonlySet<string> = new Set();
  let isRefusing = false;
  const node: RemovalNode = {
    hasBlock: (cid) => Promise.resolve(here.has(cid) && !removed.includes(cid)),
    removeBlocks: (cids) => {
      if (isRefusing) return Promise.reject(new VaultError('VAULT_REFUSED'));
      removed.push(...cids);
      return Promise.resolve();
    },
    reach: {
      ready: () => Promise.resolve(),
      refresh: () => Promise.resolve([]),
      reaching: async function* () {
        // No pin reaches anything.
      },
      isReached: () => false,
      blocksOf: () => Promise.resolve(null),
    },
    removePin: () => Promise.resolve(),
    takeOff: () => Promise.resolve(),
    timeout: (ms) => systemClock.timeout(ms),
    alone: (work, _, signal) => work(signal),
  };
  let aheadMs = 0;
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    sleep: (ms: number) => {
      aheadMs += ms;
      return Promise.resolve();
    },
  };
  const fetches = new Fetches(node, clock);
  const fetchInVain = async (): Promise<void> => {
    const fetch = fetches.begin();
    await fetch.wants(blocks.slice(0, 1));
    await fetch.wants(blocks);
    here = new Set(blocks);
    fetch.end(false);
  };
  const refuse = (is: boolean): void => {
    isRefusing = is;
  };
  return { fetches, removed, fetchInVain, refuse };
}

describe('what is left of a call', () => {
  it('goes with the first block last, which says meanwhile that something is here', async () => {
    const { removed, fetchInVain } = nodeOf();
    await fetchInVain();
    await waitUntil(() => removed.length === blocks.length);
    expect(removed.at(-1)).toBe(blocks[0]);
  });

  it('is tried again where the node removed nothing', async () => {
    const { fetches, removed, fetchInVain, refuse } = nodeOf();
    refuse(true);
    await fetchInVain();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(removed).toEqual([]);
    refuse(false);
    fetches.removeLeft();
    await waitUntil(() => removed.length === blocks.length);
  });
});
