// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { oneStopsFinality, witnessesNeeded } from './finality.js';

describe('how many must have shown one chain', () => {
  test('all of two and three, four of five, six of seven', () => {
    const needed = [
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [5, 3],
      [7, 4],
    ].map(([members = 0, threshold = 0]) => witnessesNeeded({ members, threshold }));
    expect(needed).toEqual([1, 2, 3, 4, 4, 6]);
  });

  test('two groups of so many always have an honest member in common, and one group is never more than all', () => {
    for (let members = 1; members <= 31; members += 1)
      for (let threshold = 1; threshold <= members; threshold += 1) {
        const needed = witnessesNeeded({ members, threshold });
        expect(2 * needed - members).toBeGreaterThanOrEqual(threshold);
        expect(needed).toBeLessThanOrEqual(members);
      }
  });

  test('one silent member is one too many exactly where all or all but one open a record', () => {
    for (let members = 2; members <= 31; members += 1)
      for (let threshold = 1; threshold <= members; threshold += 1)
        expect(oneStopsFinality({ members, threshold })).toBe(threshold >= members - 1);
  });
});
