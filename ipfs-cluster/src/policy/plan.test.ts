// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { PinEntry, PinState } from '../vault.js';
import { planPin, planUnwished } from './plan.js';

const wished = { cid: 'a', hospitals: 3 };
const entry = (...allocations: string[]): PinEntry => ({
  cid: 'a',
  allocations,
  replicationMin: 2,
  replicationMax: 3,
  pinnedAtMs: 1_000,
});
const state = (pinnedBy: string[], failedAt: string[] = []): PinState => ({
  cid: 'a',
  pinnedBy,
  failedAt,
  allocatedTo: 3,
});

describe('the plan for one wished part', () => {
  it('is empty when every hospital holds it', () => {
    const situation = {
      wished,
      entry: entry('x', 'y', 'z'),
      state: state(['x', 'y', 'z']),
      healthyHospitals: 3,
    };
    expect(planPin(situation)).toEqual([]);
  });

  it('is a pin when the cluster does not know it', () => {
    expect(planPin({ wished, entry: undefined, state: undefined, healthyHospitals: 3 })).toEqual([
      { kind: 'pin', cid: 'a', min: 3, max: 3 },
    ]);
  });

  it('is a wider pin when it was made while a hospital was away', () => {
    const situation = { wished, entry: entry('x', 'y'), state: state(['x', 'y']), healthyHospitals: 3 };
    expect(planPin(situation)).toEqual([{ kind: 'pin', cid: 'a', min: 3, max: 3 }]);
  });

  it('waits with widening until the hospital is back', () => {
    const situation = { wished, entry: entry('x', 'y'), state: state(['x', 'y']), healthyHospitals: 2 };
    expect(planPin(situation)).toEqual([]);
  });

  it('asks for no more than is reachable, but for at least one', () => {
    const unknown = { wished, entry: undefined, state: undefined };
    expect(planPin({ ...unknown, healthyHospitals: 2 })).toEqual([{ kind: 'pin', cid: 'a', min: 2, max: 3 }]);
    expect(planPin({ ...unknown, healthyHospitals: 0 })).toEqual([{ kind: 'pin', cid: 'a', min: 1, max: 3 }]);
  });

  it('is another try where a hospital failed', () => {
    const situation = {
      wished,
      entry: entry('x', 'y', 'z'),
      state: state(['x', 'y'], ['z']),
      healthyHospitals: 3,
    };
    expect(planPin(situation)).toEqual([{ kind: 'recover', cid: 'a' }]);
  });
});

describe('the plan for pins that the ledger does not know', () => {
  const pins = [entry('x')];

  it('spares wished pins, and young ones that may belong to an open upload', () => {
    expect(planUnwished(pins, () => true, { nowMs: 10_000, graceMs: 0 })).toEqual([]);
    expect(planUnwished(pins, () => false, { nowMs: 2_000, graceMs: 1_000 })).toEqual([]);
  });

  it('withdraws old ones', () => {
    expect(planUnwished(pins, () => false, { nowMs: 2_001, graceMs: 1_000 })).toEqual([
      { kind: 'unpin', cid: 'a' },
    ]);
  });
});
