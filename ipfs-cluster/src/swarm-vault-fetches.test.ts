// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CID } from 'multiformats/cid';
import { systemClock } from './clock.js';
import { openSwarmVault } from './swarm-vault.js';
import { ACCEPTED } from './testing/accepted.js';
import { block, blocks, FakeNodes, fileOf, leaves, lost, naming } from './testing/fake-nodes.js';
import { waitUntil } from './testing/wait-until.js';
import { MAX_PART_BYTES, type Vault } from './vault.js';

const MIB = 1024 * 1024;
const LONG_MS = 10_000;
const FOR_ANOTHER = { ...ACCEPTED, stays: () => false };

describe('what a vault fetched and did not pin', () => {
  let nodes: FakeNodes;
  let vault: Vault;
  let some: readonly CID[];
  /** Has all go on that waits for long. */
  let timePasses: () => void;

  beforeEach(async () => {
    nodes = await FakeNodes.start();
    some = leaves(16);
    for (const cid of some) nodes.elsewhere.add(cid.toString());
    const waiting: (() => void)[] = [];
    let aheadMs = 0;
    const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
      if (ms < LONG_MS) return systemClock.sleep(ms, signal);
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      signal.addEventListener('abort', reject);
      waiting.push(() => {
        aheadMs += ms;
        resolve(undefined);
      });
      return promise;
    };
    timePasses = () => {
      for (const goOn of waiting.splice(0)) goOn();
    };
    vault = openSwarmVault({
      ...nodes.settings(),
      clock: { ...systemClock, sleep, now: () => systemClock.now() + aheadMs },
    });
  });

  afterEach(async () => {
    await vault.close();
    await nodes.close();
  });

  function partWith(...others: readonly CID[]): CID {
    const part = naming(...some, ...others);
    nodes.elsewhere.add(part.toString());
    return part;
  }

  /** A part of a live record with the same blocks. */
  function liveOf(...others: readonly CID[]): string {
    return fileOf([...some, ...others].map((cid) => ({ cid, length: MIB }))).toString();
  }

  function here(...cids: readonly CID[]): number {
    return cids.filter((cid) => blocks.has(cid.toString()) && !nodes.elsewhere.has(cid.toString())).length;
  }

  /** Waits until a hold has fetched all that can be had, and looks for the rest. */
  async function fetchedAll(): Promise<void> {
    await waitUntil(() => nodes.waiting > 0 && here(...some) === some.length);
  }

  async function staysHere(...cids: readonly CID[]): Promise<void> {
    timePasses();
    await sleepFor(200);
    timePasses();
    await sleepFor(200);
    expect(here(...cids)).toBe(cids.length);
  }

  async function goesFrom(...cids: readonly CID[]): Promise<void> {
    for (let poll = 0; poll < 3_000 && here(...cids) > 0; poll += 1) {
      timePasses();
      await sleepFor(10);
    }
    expect(here(...cids)).toBe(0);
  }

  it.each([
    ['whose asker leaves', 'ABORTED', { deadlineMs: LONG_MS }],
    ['that its deadline ends', 'PART_NOT_FOUND', { deadlineMs: 3_000 }],
  ])(
    'attack 44: a hold for another hospital %s leaves nothing of what it fetched',
    async (_, code, limits) => {
      const part = partWith(lost('never there'));
      const asker = new AbortController();
      const holding = vault.hold(part.toString(), { ...FOR_ANOTHER, ...limits, signal: asker.signal });
      const ended = expect(holding).rejects.toMatchObject({ code });
      await fetchedAll();
      if (code === 'ABORTED') asker.abort();
      await ended;
      await goesFrom(part, ...some);
    },
  );

  it('attack 44: a hold for another hospital of what is no part leaves nothing of it', async () => {
    const none = block(Buffer.alloc(1_000), 0x70);
    nodes.elsewhere.add(none.toString());
    await expect(vault.hold(none.toString(), FOR_ANOTHER)).rejects.toMatchObject({ code: 'BAD_CID' });
    await goesFrom(none);
  });

  it('stays where it was here before', async () => {
    nodes.elsewhere.clear();
    const part = partWith(lost('never there'));
    const holding = vault.hold(part.toString(), { ...FOR_ANOTHER, deadlineMs: 500 });
    await expect(holding).rejects.toMatchObject({ code: 'PART_NOT_FOUND' });
    await goesFrom(part);
    await staysHere(...some);
  });

  it.each([
    ['repair fetched', () => vault.hold(liveOf(lost('the rest')), { ...ACCEPTED, deadlineMs: 3_000 })],
    [
      'a reader fetched',
      () => vault.getPart(liveOf(lost('the rest')), MAX_PART_BYTES, { deadlineMs: 3_000 }),
    ],
    ['was pinned', () => vault.hold(liveOf(), FOR_ANOTHER)],
  ])('attack 44: a hold for another hospital takes away nothing that %s meanwhile', async (_, fetch) => {
    const asked = partWith(lost('never there'));
    const asker = new AbortController();
    const holding = vault.hold(asked.toString(), { ...FOR_ANOTHER, signal: asker.signal });
    const ended = expect(holding).rejects.toMatchObject({ code: 'ABORTED' });
    await fetchedAll();
    await fetch().catch(() => undefined);
    asker.abort();
    await ended;
    await goesFrom(asked);
    await staysHere(...some);
  });

  it('goes only when the last of several holds for others ends, and waits for the next try', async () => {
    const part = partWith(lost('never there')).toString();
    const askers = [new AbortController(), new AbortController()];
    const ended = askers.map(({ signal }) =>
      expect(vault.hold(part, { ...FOR_ANOTHER, signal })).rejects.toMatchObject({ code: 'ABORTED' }),
    );
    await waitUntil(() => nodes.waiting > 1);
    askers[0]?.abort();
    await ended[0];
    await staysHere(...some);
    askers[1]?.abort();
    await ended[1];
    const last = new AbortController();
    const tried = vault.hold(part, { ...FOR_ANOTHER, signal: last.signal });
    const lastEnded = expect(tried).rejects.toMatchObject({ code: 'ABORTED' });
    await fetchedAll();
    await staysHere(...some);
    last.abort();
    await lastEnded;
    await goesFrom(...some);
  });
});
