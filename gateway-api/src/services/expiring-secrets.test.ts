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

function secrets(most = 3): ExpiringSecrets<string, string> {
  return new ExpiringSecrets(() => nowMs, { most, knownForMs: minutes(5) });
}

function pass(ms: number): void {
  nowMs += ms;
  jest.advanceTimersByTime(ms);
}

describe('a secret whose time is over', () => {
  test('a secret whose time is over is dropped by a timer, though no one asks and no other one is made', () => {
    const kept = secrets();
    kept.set('a', { owner: 'alder', untilMs: minutes(15), secret: 'key' });
    pass(minutes(15) - 1);
    expect(kept.size).toBe(1);
    pass(10_001);
    expect(kept.size).toBe(0);
    expect(kept.get('a')).toEqual({ owner: 'alder', untilMs: minutes(15) });
    pass(minutes(6));
    expect(kept.get('a')).toBeUndefined();
  });

  test('is dropped also behind one that lasts longer', () => {
    const kept = secrets();
    kept.set('long', { owner: 'alder', untilMs: minutes(60), secret: 'one' });
    kept.set('short', { owner: 'alder', untilMs: minutes(1), secret: 'two' });
    pass(minutes(2));
    expect([kept.get('long')?.secret, kept.get('short')?.secret]).toEqual(['one', undefined]);
  });
});

describe('too many secrets', () => {
  const set = (kept: ReturnType<typeof secrets>, owner: string, key: string): void => {
    kept.set(key, { owner, untilMs: 1_000, secret: key });
  };

  test('of one owner: the oldest goes, and one that is replaced puts out no other', () => {
    const kept = secrets(2);
    for (const key of ['a', 'b', 'b']) set(kept, 'alder', key);
    expect([kept.get('a')?.secret, kept.get('b')?.secret]).toEqual(['a', 'b']);
    set(kept, 'alder', 'c');
    expect([kept.get('a'), kept.get('b')?.secret, kept.get('c')?.secret]).toEqual([undefined, 'b', 'c']);
  });

  test('attack 44: an owner who makes them without end puts out no secret of another', () => {
    const kept = secrets(3);
    set(kept, 'birch', 'in use');
    for (let count = 0; count < 100; count += 1) set(kept, 'alder', `flood ${String(count)}`);
    expect(kept.get('in use')?.secret).toBe('in use');
    expect(kept.size).toBe(3);
  });
});
