// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { fuzz } from '../testing/fuzz.js';
import { endorsementCount } from './prepared-transaction.js';

/** A field of bytes; everything here is shorter than 128 bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2, bytes.length), bytes]);
}

function prepared(endorsements: readonly string[]): Buffer {
  const all = endorsements.map((each) => field(2, Buffer.from(each)));
  const action = Buffer.concat([field(1, Buffer.from('answer')), ...all]);
  const transaction = field(1, field(2, field(2, action)));
  const envelope = field(1, Buffer.concat([field(1, Buffer.from('header')), field(2, transaction)]));
  return Buffer.concat([field(1, Buffer.from('id')), field(2, envelope)]);
}

describe('a transaction that Fabric’s client made ready', () => {
  test('has as many endorsements as stand in it', () => {
    expect(endorsementCount(prepared([]))).toBe(0);
    expect(endorsementCount(prepared(['alder', 'birch', 'cedar']))).toBe(3);
  });

  test('has none where it cannot be read', () => {
    expect(endorsementCount(new Uint8Array(0))).toBe(0);
    expect(endorsementCount(Buffer.from('rubbish'))).toBe(0);
    fuzz([prepared(['alder', 'birch'])], endorsementCount, { runs: 20_000 });
  });
});
