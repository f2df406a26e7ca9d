// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { HoldOrder, type AuditedLine } from '../race/journal-audit.js';
import { effectiveAt, staleness, whenEnough } from '../race/judge.js';

const place = (block: bigint, position = 0) => ({ block, position });
const effect = { heldAt: 100, committedAt: 200, place: place(7n, 3) };

describe('the judge of the races', () => {
  test('what was refused is never stale', () => {
    expect(staleness({ opened: false, beganAt: 500 }, place(9n), effect)).toBeUndefined();
  });

  test('content is fine up to the very moment at which enough custodians hold, and stale a moment later', () => {
    expect(staleness({ opened: true, beganAt: 100 }, place(1n), effect)).toBeUndefined();
    expect(staleness({ opened: true, beganAt: 100.1 }, place(1n), effect)).toBe('after-hold');
  });

  test('without holds, the block on enough peers is the moment', () => {
    const blockOnly = { ...effect, heldAt: Number.POSITIVE_INFINITY };
    expect(staleness({ opened: true, beganAt: 200 }, place(1n), blockOnly)).toBeUndefined();
    expect(staleness({ opened: true, beganAt: 200.1 }, place(1n), blockOnly)).toBe('after-block');
    expect(effectiveAt(blockOnly)).toBe(200);
    expect(effectiveAt(effect)).toBe(100);
  });

  test('an intent that was ordered behind the revocation opens nothing, however early', () => {
    const opening = { opened: true, beganAt: 0 };
    expect(staleness(opening, place(7n, 2), effect)).toBeUndefined();
    expect(staleness(opening, place(7n, 4), effect)).toBe('ordered-behind');
    expect(staleness(opening, place(8n, 0), effect)).toBe('ordered-behind');
  });

  test('enough is the last of so many quickest, and never when there are fewer', () => {
    expect(whenEnough([30, 10, 20], 2)).toBe(20);
    expect(whenEnough([30], 2)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the audit of the journals', () => {
  const under = new Map([
    ['in_1', 'con_1'],
    ['in_2', 'con_2'],
  ]);
  const release = (intentId: string, decision: 'permit' | 'deny' = 'permit'): AuditedLine => ({
    kind: 'release',
    decision,
    intentId,
  });
  const hold = (consentId: string): AuditedLine => ({ kind: 'hold', decision: 'permit', consentId });

  test.each([
    ['a release before the hold', [release('in_1'), hold('con_1')], 0],
    ['a release behind it', [hold('con_1'), release('in_1')], 1],
    ['a refusal behind it', [hold('con_1'), release('in_1', 'deny')], 0],
    ['a release under another consent', [hold('con_1'), release('in_2')], 0],
    ['an intent of somebody else', [hold('con_1'), release('in_3')], 0],
  ])('%s', (_, lines, wrong) => {
    const order = new HoldOrder();
    for (const line of lines) order.read(line, under);
    expect(order.wrongReleases).toBe(wrong);
    expect(order.holds).toBe(1);
  });
});
