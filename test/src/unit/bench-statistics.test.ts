// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import {
  measure,
  measureInTurns,
  median,
  percentile,
  ratioOfMedians,
  summarize,
} from '../bench/statistics.js';

describe('what the benchmarks make of their runs', () => {
  test('a percentile is the nearest rank, and of one value that value', () => {
    const hundred = Array.from({ length: 100 }, (_, position) => position + 1);
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 95, 99, 100]);
    expect([0, 0.5, 1].map((share) => percentile([7], share))).toEqual([7, 7, 7]);
    expect(median([9, 1, 5])).toBe(5);
  });

  test('a summary does not depend on the order of the runs', () => {
    expect(summarize([40, 10, 30, 20])).toEqual({
      runs: 4,
      p50: 20,
      p95: 40,
      p99: 40,
      mean: 25,
      iqr: 20,
    });
  });

  test('a ratio compares one median with the sum of the others', () => {
    const runs = [1, 2, 3].map((factor) => ({ of: 30 * factor, over: [10 * factor, 5 * factor] }));
    expect(ratioOfMedians(runs).value).toBe(2);
  });

  test('the uncertainty of a ratio is nothing where all runs are alike, and wider where they scatter', () => {
    const alike = Array.from({ length: 20 }, () => ({ of: 3, over: [2] }));
    expect(ratioOfMedians(alike)).toEqual({ value: 1.5, low: 1.5, high: 1.5 });
    const scattered = Array.from({ length: 20 }, (_, run) => ({ of: 1 + (run % 5), over: [2] }));
    const { value, low, high } = ratioOfMedians(scattered);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(ratioOfMedians(scattered)).toEqual({ value, low, high });
  });

  test('warm-up runs are not measured and are told by negative numbers', async () => {
    const seen: number[] = [];
    expect(await measure(3, (run) => seen.push(run), 2)).toHaveLength(3);
    expect(seen).toEqual([-1, -2, 0, 1, 2]);
  });

  test('calls that are compared take turns', async () => {
    const order: string[] = [];
    const calls = { one: () => order.push('one'), other: () => order.push('other') };
    const times = await measureInTurns(2, calls);
    expect(order).toEqual(['one', 'other', 'one', 'other', 'one', 'other']);
    expect(times).toEqual({
      one: [expect.any(Number), expect.any(Number)],
      other: [expect.any(Number), expect.any(Number)],
    });
  });
});
