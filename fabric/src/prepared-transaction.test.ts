// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { fuzz } from '@tutela/chaincode/testing';
import { endorsersOf } from './prepared-transaction.js';

/** A field of bytes; everything here is shorter than 128 bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2, bytes.length), bytes]);
}

function prepared(endorsers: readonly string[]): Buffer {
  const all = endorsers.map((each) => field(2, field(1, field(1, Buffer.from(each)))));
  const action = Buffer.concat([field(1, Buffer.from('answer')), ...all]);
  const transaction = field(1, field(2, field(2, action)));
  const envelope = field(1, Buffer.concat([field(1, Buffer.from('header')), field(2, transaction)]));
  return Buffer.concat([field(1, Buffer.from('id')), field(2, envelope)]);
}

describe('a transaction that Fabric’s client made ready', () => {
  test('names who endorsed it', () => {
    expect(endorsersOf(prepared([]))).toEqual([]);
    expect(endorsersOf(prepared(['AlderMSP', 'BirchMSP']))).toEqual(['AlderMSP', 'BirchMSP']);
    expect(endorsersOf(prepared(['AlderMSP', 'no name']))).toEqual(['AlderMSP', 'unnamed']);
  });

  test('names no hospital where it cannot be read', () => {
    expect(endorsersOf(new Uint8Array(0))).toEqual([]);
    expect(endorsersOf(Buffer.from('rubbish'))).toEqual([]);
    fuzz([prepared(['AlderMSP', 'BirchMSP'])], endorsersOf, { runs: 20_000 });
  });
});
