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
    fc.maxSafeInteger(),
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

  test.each([[1.5], [Number.NaN], [2 ** 53], ['\ud800'], [undefined], [() => 0], [1n]])(
    'refuses %p',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    },
  );

  test('leaves out members that are undefined', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
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
