// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holdersOf } from './holders.js';
import { copiesFor } from './replication.js';

const members = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP', 'ElmMSP'];
const cids = Array.from({ length: 600 }, (_, index) => `part-${index}`);

describe('the order in which hospitals hold a part', () => {
  it('has every member once, the authors first', () => {
    fc.assert(
      fc.property(fc.string(), fc.subarray(members), fc.shuffledSubarray(members), (cid, authors, asked) => {
        const order = holdersOf({ cid, authors, members: asked });
        expect([...order].sort()).toEqual([...asked].sort());
        const named = asked.filter((member) => authors.includes(member));
        expect(new Set(order.slice(0, named.length))).toEqual(new Set(named));
      }),
    );
  });

  it('is the same whatever the order of the members and authors', () => {
    for (const cid of cids.slice(0, 20)) {
      const order = holdersOf({ cid, authors: ['ElmMSP', 'BirchMSP'], members });
      const reversed = { authors: ['BirchMSP', 'ElmMSP'], members: members.toReversed() };
      expect(holdersOf({ cid, ...reversed })).toEqual(order);
    }
  });

  it('lays parts evenly, and moves none between two that stay when a member leaves', () => {
    const second = cids.map((cid) => holdersOf({ cid, authors: ['AlderMSP'], members })[1]);
    for (const member of members.slice(1)) {
      const share = second.filter((one) => one === member).length;
      expect(share).toBeGreaterThan(100);
      expect(share).toBeLessThan(200);
    }
    for (const cid of cids) {
      const order = holdersOf({ cid, authors: ['AlderMSP'], members });
      const left = members.filter((member) => member !== 'ElmMSP');
      expect(holdersOf({ cid, authors: ['AlderMSP'], members: left })).toEqual(
        order.filter((member) => member !== 'ElmMSP'),
      );
    }
  });

  it.each([3, 5, 7])(
    'attack 40: the true author and another honest hospital of %i are among the first holders, whatever t − 1 others register',
    (hospitals) => {
      const all = Array.from({ length: hospitals }, (_, index) => `Hospital${index}MSP`);
      const threshold = (hospitals + 1) / 2;
      for (const liars of subsets(all.slice(1), threshold - 1))
        for (const registered of allSubsets(liars))
          for (const cid of cids.slice(0, 8)) {
            const order = holdersOf({ cid, authors: [all[0] ?? '', ...registered], members: all });
            const first = order.slice(0, copiesFor(threshold));
            expect(first).toContain(all[0]);
            expect(first.filter((hospital) => !liars.includes(hospital)).length).toBeGreaterThan(1);
          }
    },
  );

  it('names no author that is not a member', () => {
    expect(holdersOf({ cid: 'a', authors: ['ForeignMSP'], members: ['AlderMSP'] })).toEqual(['AlderMSP']);
  });
});

function allSubsets(of: readonly string[]): readonly (readonly string[])[] {
  return of.reduce<readonly (readonly string[])[]>(
    (found, one) => [...found, ...found.map((subset) => [...subset, one])],
    [[]],
  );
}

function subsets(of: readonly string[], size: number): readonly (readonly string[])[] {
  return allSubsets(of).filter(({ length }) => length === size);
}
