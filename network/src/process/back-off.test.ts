// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { BackOff } from './back-off.js';

describe('back-off', () => {
  test('doubles from half a second to half a minute', () => {
    const backOff = new BackOff();
    const delays = Array.from({ length: 9 }, () => backOff.next(0));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('begins anew after a minute of health, and not before', () => {
    const backOff = new BackOff();
    backOff.next(0);
    expect(backOff.next(59_999)).toBe(1000);
    expect(backOff.next(60_000)).toBe(500);
  });
});
