// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ExpiringSecrets } from './expiring-secrets.js';

let nowMs = 0;
const minutes = (count: number): number => count * 60_000;

beforeEach(() => {
  nowMs = 0;
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function secrets(most = 3): ExpiringSecrets<string, string, string> {
  return new ExpiringSecrets(() => nowMs, { most, knownForMs: minutes(5) });
}

function pass(ms: number): void {
  nowMs += ms;
  jest.advanceTimersByTime(ms);
}

describe('a secret whose time is over', () => {
  test('is dropped by a timer, though nobody asks and no other one is made', () => {
    const kept = secrets();
    kept.set('a', { about: 'alder', untilMs: minutes(15), secret: 'key' });
    pass(minutes(15) - 1);
    expect(kept.size).toBe(1);
    pass(10_001);
    expect(kept.size).toBe(0);
    expect(kept.get('a')).toEqual({ about: 'alder', untilMs: minutes(15) });
    pass(minutes(6));
    expect(kept.get('a')).toBeUndefined();
  });

  test('is dropped also behind one that lasts longer', () => {
    const kept = secrets();
    kept.set('long', { about: '', untilMs: minutes(60), secret: 'one' });
    kept.set('short', { about: '', untilMs: minutes(1), secret: 'two' });
    pass(minutes(2));
    expect([kept.get('long')?.secret, kept.get('short')?.secret]).toEqual(['one', undefined]);
  });
});

test('of too many the oldest goes, and one that is replaced puts out no other', () => {
  const kept = secrets(2);
  for (const key of ['a', 'b']) kept.set(key, { about: '', untilMs: 1_000, secret: key });
  kept.set('b', { about: '', untilMs: 1_000, secret: 'B' });
  expect([kept.get('a')?.secret, kept.get('b')?.secret]).toEqual(['a', 'B']);
  kept.set('c', { about: '', untilMs: 1_000, secret: 'c' });
  expect([kept.get('a'), kept.get('b')?.secret, kept.get('c')?.secret]).toEqual([undefined, 'B', 'c']);
});
