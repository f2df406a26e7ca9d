// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { wholeNumberIn } from '../support/seed.js';
import { play } from './play.js';

const TIMEOUT_MS = 120_000;

describe('a run of hostile hospitals', () => {
  test(
    'is played again by its seed, move for move, and another seed plays another',
    async () => {
      const plan = { hospitals: 3, hostile: 1, moves: 150, seed: 7 };
      const first = await play(plan);
      expect(first.moves).toBeGreaterThanOrEqual(150);
      expect(first.trace).toMatch(/^[0-9a-f]{64}$/);
      expect(await play(plan)).toEqual(first);
      expect((await play({ ...plan, seed: 8 })).trace).not.toBe(first.trace);
    },
    TIMEOUT_MS,
  );

  test.each(['abc', '', '0', '-1', '1.5', '1e3', ' 7', '9'.repeat(16)])(
    'begins with no seed or number of moves that is "%s"',
    (text) => {
      expect(() => wholeNumberIn({ TUTELA_SEED: text }, 'TUTELA_SEED')).toThrow(
        'TUTELA_SEED must be a whole number above zero',
      );
    },
  );

  test('takes the numbers of its variables', () => {
    expect(wholeNumberIn({ TUTELA_SEED: '7' }, 'TUTELA_SEED')).toBe(7);
    expect(wholeNumberIn({}, 'TUTELA_SEED')).toBeUndefined();
  });
});
