// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_JSON_DEPTH, parseStrictJson } from './strict-json.js';

const parse = (text: string) => parseStrictJson(new TextEncoder().encode(text));
/** Whether no member's name needs an escape, at any depth. */
const hasPlainNames = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Object.entries(value).every(
    ([name, inner]) => JSON.stringify(name) === `"${name}"` && hasPlainNames(inner),
  );
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('strict JSON', () => {
  test('gives what the ordinary parser gives for every unambiguous text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
        fc.pre(hasPlainNames(value) && !JSON.stringify(value).includes('__proto__'));
        expect(parse(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('names and values that look like structure are only text', () => {
    expect(parse('{"a":"{\\"a\\":1,","b":["a","a"],"c":{"a":"}"}}')).toEqual({
      a: '{"a":1,',
      b: ['a', 'a'],
      c: { a: '}' },
    });
  });

  test('a long string costs no stack', () => {
    const long = 'x"'.repeat(2_000_000);
    expect(parse(JSON.stringify({ long }))).toEqual({ long });
  });
});

describe('attack 31: JSON with two meanings or without end', () => {
  test.each([
    ['a member twice', '{"a":1,"a":2}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['a member twice below', '[{"b":{"a":1,"c":[],"a":2}}]'],
    ['a byte order mark', '\ufeff{}'],
    ['no JSON', '{a:1}'],
    ['an open string', '{"a":"'],
    ['an open string that ends in a backslash', '{"a":"\\"'],
    ['two values', '{} {}'],
    ['foreign white space', '{\u00a0}'],
    ['nothing', ''],
    ['a comment', '{}//'],
  ])('%s is refused', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test('bytes that are no UTF-8 are refused', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ])
      expect(() => parseStrictJson(Uint8Array.from(bytes))).toThrow('the body is not UTF-8');
  });

  test('the deepest allowed nesting parses, one level more does not, a million do not', () => {
    expect(parse(nested(MAX_JSON_DEPTH))).toBeDefined();
    expect(() => parse(nested(MAX_JSON_DEPTH + 1))).toThrow('nests deeper');
    expect(() => parse(nested(1_000_000))).toThrow('nests deeper');
    expect(() => parse('{"a":'.repeat(1_000_000))).toThrow('nests deeper');
  });
});

describe('attack 32: prototype pollution', () => {
  test.each([
    ['{"__proto__":{"admin":true}}', 'never allowed'],
    ['{"a":{"\\u005f_proto__":1}}', 'escaped name'],
  ])('%s is refused', (text, why) => {
    expect(() => parse(text)).toThrow(why);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });
});
