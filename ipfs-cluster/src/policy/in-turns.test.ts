// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { inTurns } from './in-turns.js';

const steps = (count: number, authors: readonly string[], from = 0) =>
  Array.from({ length: count }, (_, index) => ({ step: from + index, authors }));

it('takes as many steps of each author, also where one names the parts of another', () => {
  const planned = [
    ...steps(500, ['cedar']),
    ...steps(10, ['cedar', 'birch'], 500),
    ...steps(10, ['birch'], 510),
  ];
  const taken = inTurns(planned, 64, Math.random);
  expect(taken).toHaveLength(64);
  expect(taken).toEqual(expect.arrayContaining(Array.from({ length: 20 }, (_, index) => 500 + index)));
});

it('takes each step once, and all when there are few', () => {
  expect([...inTurns(steps(3, ['alder', 'birch']), 9, Math.random)].sort()).toEqual([0, 1, 2]);
  expect(inTurns([], 9, Math.random)).toEqual([]);
});
