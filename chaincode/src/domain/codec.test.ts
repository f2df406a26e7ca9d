// SPDX-License-Identifier: Apache-2.0
import { canonicalJson as cryptoCanonicalJson } from '@tutela/crypto/verify';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, tagged, toBase64Url } from './codec.js';

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('canonicalJson', () => {
  test('agrees with an independent implementation of RFC 8785', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 5_000, seed: 1 },
    );
  });

  test('agrees with what crypto hashes and signs', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalJson(value)).toBe(cryptoCanonicalJson(value as never));
      }),
      { numRuns: 2_000, seed: 2 },
    );
  });

  test('reading it again gives the same text', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 2_000, seed: 3 },
    );
  });

  class Own {
    readonly member = 1;
  }
  const deep = (levels: number): unknown => {
    let value: unknown = 0;
    for (let level = 0; level < levels; level += 1) value = [value];
    return value;
  };
  test.each([
    ...[[1.5], [Number.NaN], [2 ** 53], [-0], ['\ud800'], [undefined], [() => 0], [1n], [Symbol('x')]],
    ...[[new Date(0)], [new Map()], [new Set()], [new Uint8Array(2)], [new Own()], [/x/]],
    // A gap, and a list as one would be written with it.
    ...[[[undefined]], [Array(2)], [{ a: { b: 1n } }], [deep(65)]],
  ])('refuses %p, as crypto does', (value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(() => cryptoCanonicalJson(value as never)).toThrow(expect.objectContaining({ code: 'PARAMETER' }));
  });

  test('refuses what is nested deeper than any stack, and takes what is nested as deep as allowed', () => {
    const deepest = deep(100_000);
    expect(() => canonicalJson(deepest)).toThrow('nested too deeply');
    expect(() => cryptoCanonicalJson(deepest as never)).toThrow('nested too deeply');
    expect(canonicalJson(deep(64))).toBe(cryptoCanonicalJson(deep(64) as never));
  });

  test('leaves out members that are undefined', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
    expect(cryptoCanonicalJson({ b: undefined, a: 1 } as never)).toBe('{"a":1}');
  });
});

describe('what is hashed and signed', () => {
  test('is the prefix, a zero byte and canonical JSON', () => {
    expect(Buffer.from(tagged('T', { b: 1, a: 'ü' })).toString()).toBe('T\u0000{"a":"ü","b":1}');
  });

  test('is base64url without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
  });
});
