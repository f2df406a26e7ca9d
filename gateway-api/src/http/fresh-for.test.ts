// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { freshFor } from './fresh-for.js';

describe('what is asked for again and again', () => {
  test('attack 44: readiness is looked up once at a time, and again only after its time', async () => {
    let nowMs = 0;
    const finds: ((value: number) => void)[] = [];
    const ask = freshFor(
      2_000,
      () => nowMs,
      () => new Promise<number>((resolve) => finds.push(resolve)),
    );
    const asked = Array.from({ length: 1_000 }, ask);
    nowMs = 60_000;
    asked.push(ask());
    expect(finds).toHaveLength(1);
    finds[0]?.(7);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([7]));
    nowMs += 1_999;
    expect(await ask()).toBe(7);
    nowMs += 1;
    void ask();
    expect(finds).toHaveLength(2);
  });

  test('is looked for again after a failure, but not before its time', async () => {
    let nowMs = 0;
    let finds = 0;
    const ask = freshFor(
      2_000,
      () => nowMs,
      () => {
        finds += 1;
        return Promise.reject(new Error('down'));
      },
    );
    await expect(ask()).rejects.toThrow('down');
    await expect(ask()).rejects.toThrow('down');
    expect(finds).toBe(1);
    nowMs = 2_000;
    await expect(ask()).rejects.toThrow('down');
    expect(finds).toBe(2);
  });
});
