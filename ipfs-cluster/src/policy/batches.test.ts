// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inPool, together } from './batches.js';

const numbers = Array.from({ length: 20 }, (_, index) => index);

describe('calls beside one another', () => {
  it('answer in the order of their items, so many at a time', async () => {
    const open = { now: 0, most: 0 };
    const doubled = await inPool(numbers, 3, async (number) => {
      open.most = Math.max(open.most, (open.now += 1));
      await sleepFor(20 - number);
      open.now -= 1;
      return 2 * number;
    });
    expect(doubled).toEqual(numbers.map((number) => 2 * number));
    expect(open.most).toBe(3);
  });

  it('attack 40: have all ended when a pool of them fails, and none begins after that', async () => {
    const [begun, ended] = [[] as number[], [] as number[]];
    const failing = inPool(numbers, 3, async (number) => {
      begun.push(number);
      await sleepFor(number === 1 ? 5 : 30);
      ended.push(number);
      if (number > 0) throw new RangeError(`failure of ${String(number)}`);
    });
    await expect(failing).rejects.toThrow('failure of 1');
    expect(begun).toEqual([0, 1, 2]);
    expect(new Set(ended)).toEqual(new Set(begun));
  });

  it('are aborted by the first that fails, whose failure is thrown', async () => {
    let aborted = 0;
    const { signal } = new AbortController();
    const failing = together(numbers, signal, async (number, within) => {
      if (number === 7) throw new RangeError('the first');
      await sleepFor(5_000, undefined, { signal: within }).finally(() => (aborted += 1));
    });
    await expect(failing).rejects.toThrow('the first');
    expect(aborted).toBe(numbers.length - 1);
  });
});
