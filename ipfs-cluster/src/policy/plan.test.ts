// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { PinEntry, PinState } from '../vault.js';
import { planHold, planPin } from './plan.js';

const wished = { cid: 'a', hospitals: 3, authors: ['x'] };
const entry = (...allocations: string[]): PinEntry => ({
  cid: 'a',
  allocations,
  kind: 'recursive',
  replicationMin: 2,
  replicationMax: 3,
});
const state = (pinnedBy: string[], failedAt: string[] = []): PinState => ({
  cid: 'a',
  pinnedBy,
  failedAt,
  allocations: ['x', 'y', 'z'],
  isWhole: true,
});

describe('the plan for one wished part', () => {
  it('is empty when every hospital holds it', () => {
    const situation = {
      wished,
      held: true,
      entry: entry('x', 'y', 'z'),
      state: state(['x', 'y', 'z']),
      healthyPeers: ['x', 'y', 'z'],
    };
    expect(planPin(situation)).toEqual([]);
  });

  it('is a pin when the cluster does not know it', () => {
    expect(
      planPin({ wished, held: true, entry: undefined, state: undefined, healthyPeers: ['x', 'y', 'z'] }),
    ).toEqual([{ kind: 'pin', cid: 'a', min: 3, max: 3 }]);
  });

  it('is a wider pin when it was made while a hospital was away', () => {
    const situation = {
      wished,
      held: true,
      entry: entry('x', 'y'),
      state: state(['x', 'y']),
      healthyPeers: ['x', 'y', 'z'],
    };
    expect(planPin(situation)).toEqual([{ kind: 'pin', cid: 'a', min: 3, max: 3 }]);
  });

  it('waits with widening until the hospital is back', () => {
    const situation = {
      wished,
      held: true,
      entry: entry('x', 'y'),
      state: state(['x', 'y']),
      healthyPeers: ['x', 'y'],
    };
    expect(planPin(situation)).toEqual([]);
  });

  it('asks for no more than is reachable, but for at least one', () => {
    const unknown = { wished, held: true, entry: undefined, state: undefined };
    expect(planPin({ ...unknown, healthyPeers: ['x', 'y'] })).toEqual([
      { kind: 'pin', cid: 'a', min: 2, max: 3 },
    ]);
    expect(planPin({ ...unknown, healthyPeers: [] })).toEqual([{ kind: 'pin', cid: 'a', min: 1, max: 3 }]);
  });

  it('attack 40: is another pin when the entry names hospitals that do not exist', () => {
    const situation = { wished, held: true, entry: entry('x', 'm', 'n'), state: state(['x']) };
    expect(planPin({ ...situation, healthyPeers: ['x', 'y', 'z'] })).toEqual([
      { kind: 'pin', cid: 'a', min: 3, max: 3 },
    ]);
  });

  it('attack 40: is another pin when the entry was rewritten to ask for the first block alone', () => {
    const situation = {
      wished,
      held: true,
      entry: { ...entry('x', 'y', 'z'), kind: 'partial' as const },
      state: undefined,
    };
    expect(planPin({ ...situation, healthyPeers: ['x', 'y', 'z'] })).toEqual([
      { kind: 'pin', cid: 'a', min: 3, max: 3 },
    ]);
  });

  it('attack 40: asks nothing of an entry that no hospital can change, so that many of them hold up no round', () => {
    const situation = {
      wished,
      held: true,
      entry: { ...entry('m'), kind: 'fixed' as const },
      state: undefined,
    };
    expect(planPin({ ...situation, healthyPeers: ['x', 'y', 'z'] })).toEqual([]);
  });

  it('is another try where a hospital failed', () => {
    const situation = {
      wished,
      held: true,
      entry: entry('x', 'y', 'z'),
      state: state(['x', 'y'], ['z']),
      healthyPeers: ['x', 'y', 'z'],
    };
    expect(planPin(situation)).toEqual([{ kind: 'recover', cid: 'a' }]);
  });

  it.each([
    ['is not in the shared pinset', undefined, undefined],
    ['failed at a hospital', entry('x', 'y'), state([], ['y'])],
    ['is asked for at too few hospitals', entry('x'), state(['x'])],
  ])('attack 44: is empty for what the own node does not hold, where it %s', (_, known, at) => {
    const situation = { wished, entry: known, state: at, healthyPeers: ['x', 'y', 'z'] };
    expect(planPin({ ...situation, held: false })).toEqual([]);
    expect(planPin({ ...situation, held: true })).not.toEqual([]);
  });
});

describe('the plan for one wished part at the own node', () => {
  const situation = { wished, entry: undefined, held: false, members: 3, ownPeerId: 'x' };
  const hold = [{ kind: 'hold', cid: 'a' }];

  it('is to hold it where every hospital does, although the shared pinset does not name it', () => {
    expect(planHold(situation)).toEqual(hold);
    expect(planHold({ ...situation, ownPeerId: undefined })).toEqual(hold);
    expect(planHold({ ...situation, held: true })).toEqual([]);
  });

  it('is to hold what the shared pinset allots to this hospital, of more hospitals than copies', () => {
    expect(planHold({ ...situation, members: 4 })).toEqual([]);
    expect(planHold({ ...situation, members: 4, entry: entry('y', 'z') })).toEqual([]);
    expect(planHold({ ...situation, members: 4, entry: entry('x', 'y') })).toEqual(hold);
    expect(planHold({ ...situation, members: 4, entry: entry('x'), held: true })).toEqual([]);
  });

  it.each(['partial', 'fixed'] as const)(
    'attack 40: is to hold what a %s entry of the shared pinset does not ask for whole',
    (kind) => {
      const rewritten = { ...entry('m'), kind };
      expect(planHold({ ...situation, members: 4, entry: rewritten })).toEqual(hold);
      expect(planHold({ ...situation, members: 4, entry: rewritten, held: true })).toEqual([]);
    },
  );
});
