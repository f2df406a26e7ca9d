// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holdersOf } from './holders.js';

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

  it('names no author that is not a member', () => {
    expect(holdersOf({ cid: 'a', authors: ['ForeignMSP'], members: ['AlderMSP'] })).toEqual(['AlderMSP']);
  });
});
