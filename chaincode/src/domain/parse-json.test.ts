// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fuzz } from '../testing/fuzz.js';
import { parseJson } from './parse-json.js';

const named = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())));

describe('JSON of another party', () => {
  test('gives what the ordinary parser gives, unless a name is written with an escape', () => {
    fc.assert(
      fc.property(named, fc.constantFrom(0, 2), (sent, indent) => {
        const text = JSON.stringify({ sent }, null, indent);
        const isPlain = Object.keys(sent).every((name) => JSON.stringify(name) === `"${name}"`);
        if (isPlain) expect(parseJson(text)).toEqual(JSON.parse(text));
        else expect(() => parseJson(text)).toThrow('escaped name');
      }),
    );
  });

  test('attack 37: an escaped name is refused before it is parsed, so that no text changes how another is read', () => {
    const escaped = [
      String.raw`{"k":0,"\\":1}`,
      String.raw`{"k":0,"\u0041":1}`,
      String.raw`[{"\n" : 1}]`,
      String.raw`{"a":"\"","\/":2}`,
    ];
    for (const text of escaped) expect(() => parseJson(text)).toThrow('escaped name');
    expect(parseJson('{"k":0,"A":1}')).toEqual({ k: 0, A: 1 });
    expect(parseJson(String.raw`{"a":"\"b\":","c":["\\",":"]}`)).toEqual({ a: '"b":', c: ['\\', ':'] });
  });

  test('attack 37: no text makes it fail in another way than the parser does, or last', () => {
    fuzz([Buffer.from(String.raw`{"k":0,"a\u0041":["\"",{"b":null}]}`)], (bytes) => {
      try {
        parseJson(Buffer.from(bytes).toString('latin1'));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    });
    const long = JSON.stringify({
      a: '"'.repeat(500_000),
      b: Array.from({ length: 100_000 }, () => ''),
      c: '\\',
    });
    expect(JSON.stringify(parseJson(long))).toBe(long);
  }, 60_000);
});
