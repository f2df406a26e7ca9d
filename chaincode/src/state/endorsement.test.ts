// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MspId } from '../domain/ids.js';
import { satisfiesPolicy } from '../testing/evaluate-policy.js';
import { encodePolicy } from './endorsement.js';

const HOSPITALS = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP', 'ElmMSP'] as MspId[];

describe('the policy of what a patient decides', () => {
  test('is met exactly by the home hospital and enough others', () => {
    const sizes = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(sizes, fc.nat(4), fc.subarray(HOSPITALS), (size, others, endorsers) => {
        const [home, ...rest] = HOSPITALS.slice(0, size);
        if (home === undefined || others > rest.length) return;
        const policy = encodePolicy({ home, others, rest });
        const expected =
          endorsers.includes(home) && endorsers.filter((one) => rest.includes(one)).length >= others;
        expect(satisfiesPolicy(policy, endorsers)).toBe(expected);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  test('no t−1 endorsements ever meet it, for every allowed t', () => {
    for (let size = 1; size <= 5; size += 1)
      for (let threshold = Math.floor(size / 2) + 1; threshold <= size; threshold += 1) {
        const [home, ...rest] = HOSPITALS.slice(0, size) as [MspId, ...MspId[]];
        const policy = encodePolicy({ home, others: threshold - 1, rest });
        const tooFew = [home, ...rest].slice(0, threshold - 1);
        expect(satisfiesPolicy(policy, tooFew)).toBe(false);
        expect(satisfiesPolicy(policy, [home, ...rest].slice(0, threshold))).toBe(true);
      }
  });
});
