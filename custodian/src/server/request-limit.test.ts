// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { limitByName, REQUESTS_PER_SECOND } from './request-limit.js';

describe('the limit of requests', () => {
  test('attack 34: holds for each caller by itself, and ends with its second', () => {
    let now = 0;
    const admit = limitByName(() => now, 2);
    expect([admit('a'), admit('a'), admit('a'), admit('b')]).toEqual([true, true, false, true]);
    now = 999;
    expect(admit('a')).toBe(false);
    now = 1_000;
    expect(admit('a')).toBe(true);
  });

  test('takes what an upload of 1 GiB asks for within a second, a request for each of its parts of 4 MiB', () => {
    const admit = limitByName(() => 0, REQUESTS_PER_SECOND);
    const requests = Array.from({ length: 256 }, () => admit('alder'));
    expect(requests.every(Boolean)).toBe(true);
  });

  test('attack 44: no number of callers ends the count of one', () => {
    const admit = limitByName(() => 0, 1);
    expect(admit('cedar')).toBe(true);
    for (let other = 0; other < 5_000; other += 1) admit(`other ${other}`);
    expect(admit('cedar')).toBe(false);
  });
});
