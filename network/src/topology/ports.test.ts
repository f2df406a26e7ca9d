// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { allPorts, hospitalPorts } from './ports.js';

describe('ports', () => {
  test('never meet, even for sixteen hospitals', () => {
    const all = allPorts(7100, 16);
    expect(new Set(all).size).toBe(all.length);
    expect(Math.max(...all)).toBeLessThan(7100 + 16 * 20);
  });

  test('of a hospital depend on its position alone', () => {
    expect(hospitalPorts(7100, 1)).toMatchObject({ gateway: 7120, custodian: 7121, ca: 7122, peer: 7123 });
  });
});
