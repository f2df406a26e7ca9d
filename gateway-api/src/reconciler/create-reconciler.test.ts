// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { pauseAfter } from './create-reconciler.js';

const storage = {
  ...{ wished: 3, steps: 0, failures: [], underReplicated: [], unwished: [], orphans: 0 },
};

describe('the pause between two reconciliations', () => {
  test('is a minute while all is as wished, unless the round itself was much work', () => {
    expect(pauseAfter({ failures: [], storage }, 5_000)).toBe(60_000);
    expect(pauseAfter({ failures: [] }, 20)).toBe(60_000);
    expect(pauseAfter({ failures: [], storage }, 20_000)).toBe(180_000);
  });

  test.each([
    ['a part that too few hospitals hold', { failures: [], storage: { ...storage, underReplicated: ['b'] } }],
    ['a repair that failed', { failures: [], storage: { ...storage, failures: ['pin'] } }],
    ['a step that failed', { failures: ['pins:STORAGE_UNAVAILABLE'] }],
    ['erasures, for others may wait', { failures: [], erasuresConfirmed: 200 }],
  ])('is short after %s, unless the round itself was much work', (_what, report) => {
    expect(pauseAfter(report, 100)).toBe(10_000);
    expect(pauseAfter(report, 3_000)).toBe(27_000);
    expect(pauseAfter(report, 100_000)).toBe(900_000);
  });
});
