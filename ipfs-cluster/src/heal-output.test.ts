// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { healCounts } from './heal-output.js';

const lines = (...objects: readonly unknown[]) => objects.map((object) => JSON.stringify(object));
const corrupt = (fate: string) => ({
  Msg: `block bafkreia was corrupt (block in storage has different hash than requested), ${fate}`,
  Progress: 0,
});

describe('the verdict of a repository check', () => {
  it('is empty when all blocks are valid', () => {
    const answer = lines(
      { Msg: '', Progress: 1 },
      { Msg: 'verify complete, all blocks validated.', Progress: 0 },
    );
    expect(healCounts(answer, '')).toEqual({ healed: 0, lost: 0 });
  });

  it('tells healed blocks from lost ones', () => {
    const answer = lines(
      corrupt('removed, healed'),
      corrupt('removed, failed to heal (context deadline exceeded)'),
      corrupt('failed to remove (denied)'),
      {
        Message:
          'verify complete, 3 blocks corrupt, 2 removed, 1 failed to remove, 1 healed, 1 failed to heal',
        Code: 0,
      },
    );
    expect(healCounts(answer, 'verify complete, 3 blocks corrupt, 1 healed')).toEqual({ healed: 1, lost: 2 });
  });

  it('is refused when the check did not come to its end', () => {
    expect(() => healCounts(lines({ Msg: '', Progress: 1 }), '')).toThrow('[VAULT_UNAVAILABLE]');
  });
});
