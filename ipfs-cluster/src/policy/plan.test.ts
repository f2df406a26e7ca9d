// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { isHolder, missingCopies, nextToAsk, planOwn } from './plan.js';

const place = { order: ['x', 'y', 'z', 'w'], own: 'y', copies: 3 };

describe('the plan for a part at the own node', () => {
  const part = { ...place, cid: 'a', held: false, entered: false };

  it('is to hold it where the order has this hospital among the first', () => {
    expect(planOwn(part)).toEqual([{ kind: 'hold', cid: 'a' }]);
    expect(planOwn({ ...part, own: 'w' })).toEqual([]);
    expect([isHolder(place), isHolder({ ...place, own: 'w' }), isHolder({ ...place, own: 'v' })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is to hold everything where there are no more hospitals than copies', () => {
    for (const own of ['x', 'y', 'z'])
      expect(planOwn({ ...part, order: ['x', 'y', 'z'], own })).toEqual([{ kind: 'hold', cid: 'a' }]);
  });

  it('enters a part that is held, whichever hospital asked for the copy', () => {
    for (const own of ['y', 'w'])
      expect(planOwn({ ...part, own, held: true })).toEqual([{ kind: 'pin', cid: 'a' }]);
    expect(planOwn({ ...part, held: true, entered: true })).toEqual([]);
  });

  it('is to hold what is entered and lost', () => {
    expect(planOwn({ ...part, entered: true })).toEqual([{ kind: 'hold', cid: 'a' }]);
  });
});

describe('the plan for asking the other hospitals', () => {
  const part = {
    ...place,
    held: true,
    holders: new Set<string>(),
    tried: new Set<string>(),
    awaited: new Set<string>(),
  };

  it('asks as many as copies are missing, the first in the order', () => {
    expect(nextToAsk(part)).toEqual(['x', 'z']);
    expect(nextToAsk({ ...part, held: false })).toEqual(['x', 'z', 'w']);
    expect(nextToAsk({ ...part, holders: new Set(['z']) })).toEqual(['x']);
    expect(nextToAsk({ ...part, holders: new Set(['z', 'w']) })).toEqual([]);
  });

  it('asks the next where one does not answer, and no more than there are', () => {
    expect(nextToAsk({ ...part, tried: new Set(['x']) })).toEqual(['z', 'w']);
    expect(nextToAsk({ ...part, tried: new Set(['x', 'z', 'w']) })).toEqual([]);
    expect(nextToAsk({ ...part, order: ['y'] })).toEqual([]);
  });

  it('asks no hospital in the place of an awaited one, whose copy still counts as missing', () => {
    const awaiting = { ...part, awaited: new Set(['x']), tried: new Set(['x']) };
    expect(nextToAsk(awaiting)).toEqual(['z']);
    expect(nextToAsk({ ...awaiting, holders: new Set(['z']) })).toEqual([]);
    expect(missingCopies({ ...awaiting, holders: new Set(['z']) })).toBe(1);
  });

  it('misses no more copies than there are hospitals', () => {
    expect(missingCopies({ ...part, order: ['x', 'y'] })).toBe(1);
    expect(missingCopies({ ...part, order: ['x', 'y'], holders: new Set(['x']) })).toBe(0);
    expect(missingCopies({ ...part, holders: new Set(['x', 'z', 'w']) })).toBe(0);
  });
});
