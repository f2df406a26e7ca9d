// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { replicationFor } from './replication.js';

describe('replication', () => {
  it.each([
    [1, { min: 1, max: 1 }],
    [2, { min: 2, max: 2 }],
    [3, { min: 2, max: 3 }],
    [5, { min: 2, max: 3 }],
  ])('of %i hospitals is %o', (hospitals, expected) => {
    expect(replicationFor(hospitals)).toEqual(expected);
  });
});
