// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { consentStatement } from './consent.js';
import { decodeJson, flag, integer, list, object, oneOf, set, text, union } from './decode.js';
import { bytes32, handle } from './ids.js';
import { instant } from './time.js';

const refuse = (decode: () => unknown, code = 'BAD_REQUEST') => {
  expect(decode).toThrow(expect.objectContaining({ code }));
};

describe('decoders', () => {
  test('take what fits and refuse the neighbour', () => {
    const pet = object({ name: text(3) }, { legs: integer(0, 8) });
    expect(pet({ name: 'cat', legs: 4 }, '$')).toEqual({ name: 'cat', legs: 4 });
    for (const wrong of [
      null,
      [],
      'cat',
      {},
      { name: 'mouse' },
      { name: '' },
      { name: 'cat', legs: 9 },
      { name: 'cat', x: 1 },
    ])
      refuse(() => pet(wrong, '$'));
    refuse(() => integer(0, 8)(1.5, '$'));
    refuse(() => flag('true', '$'));
    refuse(() => oneOf('a', 'b')('c', '$'));
    refuse(() => list(text(1), 1, 2)([], '$'));
    refuse(() => list(text(1), 1, 2)(['a', 'b', 'c'], '$'));
    refuse(() => set(text(1), 1, 3)(['a', 'a'], '$'));
    refuse(() => union({ a: object({ kind: oneOf('a') }) })({ kind: 'b' }, '$'));
  });

  test('attack 31: oversized, deep, and prototype-polluting requests are refused before anything is read', () => {
    refuse(() => decodeJson(text(9), JSON.stringify('x'.repeat(100)), 50), 'TOO_LARGE');
    refuse(() => decodeJson(text(9), '{', 50));
    const polluted = '{"__proto__":{"admin":true},"name":"cat"}';
    refuse(() => decodeJson(object({ name: text(3) }), polluted, 100));
    expect(Object.prototype).not.toHaveProperty('admin');
    refuse(() => decodeJson(consentStatement, `${'['.repeat(2000)}${']'.repeat(2000)}`, 10_000));
  });

  test('attack 32: an id carries no path, no separator and no line end', () => {
    const good = `pt_${'a'.repeat(22)}`;
    expect(handle(good, '$')).toBe(good);
    for (const wrong of [
      `pt_../${'a'.repeat(19)}`,
      `pt_${'a'.repeat(21)}~`,
      `${good}\n`,
      `pt_${'a'.repeat(21)}\u0000`,
      `rec_${'a'.repeat(22)}`,
    ])
      refuse(() => handle(wrong, '$'));
    refuse(() => bytes32('A'.repeat(42) + 'B', '$'));
  });

  test('an instant is a real day in UTC', () => {
    expect(instant('2024-02-29T00:00:00.000Z', '$')).toBe('2024-02-29T00:00:00.000Z');
    for (const wrong of ['2023-02-29T00:00:00.000Z', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000+01:00'])
      refuse(() => instant(wrong, '$'));
  });
});
