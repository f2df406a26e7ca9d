// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.js';
import { partDag } from '../part-dag.js';
import type { Vault } from '../vault.js';
import type { OtherNodes } from './other-nodes.js';
import type { WishedPart } from './plan.js';
import { Reconciliation } from './reconcile.js';

const MEMBERS = ['alder', 'birch', 'cedar'];
const MAX_HOLDS = 64;
const partsOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => partDag(new Uint8Array([index >> 8, index & 255, 9])).cid);

describe('the pace of repair', () => {
  let held: Set<string>;
  let vault: Vault;
  let lists: number;
  let answering: PromiseWithResolvers<undefined>;
  let asked: Set<string>;

  beforeEach(() => {
    held = new Set();
    lists = 0;
    asked = new Set();
    answering = Promise.withResolvers();
    vault = {
      listHeld: () => ((lists += 1), Promise.resolve([...held])),
      listPins: () => Promise.resolve([...held]),
      hold: (cid: string) => (held.add(cid), Promise.resolve()),
      pin: () => Promise.resolve(),
    } as unknown as Vault;
  });

  /** Other hospitals of which one answers no question before it is told to. */
  const others: OtherNodes = {
    kept: async (hospital, cids) => {
      for (const cid of cids) asked.add(cid);
      if (hospital === 'cedar') await answering.promise;
      return cids;
    },
    keep: (_, cids) => Promise.resolve(cids),
  };

  function repairOf(cids: readonly string[], authorOf: (index: number) => string = () => 'birch') {
    const parts = cids.map((cid, index): WishedPart => ({ cid, authors: [authorOf(index)] }));
    let from = 0;
    const repair = new Reconciliation(vault, { others, chance: Math.random, clock: systemClock });
    const options = {
      // As lines that go on where the last draw ended, and round.
      draw: (most: number) => {
        const drawn = [...parts.slice(from), ...parts.slice(0, from)].slice(0, most);
        from = (from + most) % parts.length;
        return Promise.resolve(drawn);
      },
      ...{ own: 'alder', members: MEMBERS, copies: 3, givenUp: [], isWished: () => true },
    };
    return {
      atOwnNode: (found: () => void = () => undefined) => repair.atOwnNode(options, found),
      atOthers: () => repair.atOthers(options),
    };
  }

  it('attack 40: a hospital that takes its time for each answer slows down nothing at the own node: a lost disk comes back as fast as without it', async () => {
    const cids = partsOf(1_000);
    const { atOwnNode, atOthers } = repairOf(cids);
    await atOwnNode();
    const asking = atOthers();
    let runs = 1;
    for (; held.size < cids.length; runs += 1) await atOwnNode();
    expect(runs).toBe(Math.ceil(cids.length / MAX_HOLDS));
    answering.resolve(undefined);
    expect(await asking).toMatchObject({ failures: [], silent: [] });
  });

  it('can ask the others as soon as it is known what is here, before the first part is fetched', async () => {
    const fetched = Promise.withResolvers<undefined>();
    const { atOwnNode, atOthers } = repairOf(partsOf(3));
    vault.hold = async (cid) => {
      await fetched.promise;
      held.add(cid);
    };
    answering.resolve(undefined);
    const found = Promise.withResolvers<undefined>();
    const own = atOwnNode(() => {
      found.resolve(undefined);
    });
    await found.promise;
    expect(await atOthers()).toMatchObject({ steps: [], underReplicated: { length: 3 } });
    fetched.resolve(undefined);
    await own;
  });

  it('lists what the own node holds once in a run there, and not at all for what the others are asked', async () => {
    const { atOwnNode, atOthers } = repairOf(partsOf(3));
    answering.resolve(undefined);
    await atOwnNode();
    await atOthers();
    expect(lists).toBe(1);
  });

  it('asks about nothing twice that was found once', async () => {
    const { atOwnNode, atOthers } = repairOf(partsOf(3));
    answering.resolve(undefined);
    await atOwnNode();
    await atOthers();
    expect(asked.size).toBe(3);
    asked.clear();
    expect(await atOthers()).toEqual({ steps: [], failures: [], underReplicated: [], silent: [] });
    expect(asked.size).toBe(0);
  });

  it('attack 44: what was found while others take their time is bounded, of authors in turns, and each part has its turn', async () => {
    const all = partsOf(13_000);
    for (const cid of all) held.add(cid);
    const honest = new Set(all.slice(12_500, 12_550));
    const { atOwnNode, atOthers } = repairOf(all, (index) =>
      honest.has(all[index] ?? '') ? 'birch' : 'cedar',
    );
    answering.resolve(undefined);
    for (let run = 0; run < 3; run += 1) await atOwnNode();
    await atOthers();
    expect(asked.size).toBe(6_000);
    expect([...asked].filter((cid) => honest.has(cid))).toHaveLength(honest.size);
  }, 60_000);
});
