// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import type { Hold } from './hold-store.js';
import { OverHolds } from './over-holds.js';

const hold = (on: string): Hold<string> => ({ v: 1, since: 0, hospital: 'AlderMSP', signed: on });

/** Holds that are over at heights, in the order in which they are told of. */
function overAt(...heights: readonly number[]): OverHolds<string> {
  const holds = new OverHolds<string>();
  for (const [at, height] of heights.entries())
    holds.add(String(at), { hold: hold(String(at)), height, lapsesAt: Infinity });
  return holds;
}

/** All that may end where heights up to this one are final, in order. */
function ended(holds: OverHolds<string>, final: number): readonly string[] {
  const found: string[] = [];
  const next = () => holds.take((height) => height <= final, 0);
  for (let one = next(); one !== undefined; one = next()) {
    found.push(one.signed);
    holds.remove(one.signed);
  }
  return found;
}

test('holds end by the height at which they are over, whatever the order in which that became known', () => {
  const holds = overAt(7, 5, 9, 5, 6);
  expect(ended(holds, 6)).toEqual(['1', '3', '4']);
  expect(holds.countOf('AlderMSP')).toBe(2);
  expect(ended(holds, 9)).toEqual(['0', '2']);
  expect(holds.countOf('AlderMSP')).toBe(0);
});

test('a hold that is removed, or over anew at another height, is not ended at the one before', () => {
  const holds = overAt(1, 2, 3);
  holds.remove('0');
  holds.add('1', { hold: hold('1'), height: 4, lapsesAt: Infinity });
  expect(ended(holds, 3)).toEqual(['2']);
  expect([holds.find('0'), holds.find('1')]).toEqual([undefined, hold('1')]);
});

test('a hold that had its turn stays over without another one, until it is put back', () => {
  const holds = overAt(1, 2);
  const next = () => holds.take(() => true, 0)?.signed;
  expect([next(), next(), next()]).toEqual(['0', '1', undefined]);
  expect([holds.find('0'), holds.countOf('AlderMSP')]).toEqual([hold('0'), 2]);
  const first = holds.find('0') ?? hold('none');
  holds.putBack('0', hold('0'));
  expect(next()).toBeUndefined();
  holds.putBack('0', first);
  expect([next(), next()]).toEqual(['0', undefined]);
});
