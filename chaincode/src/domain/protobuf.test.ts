// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { fuzz } from '../testing/fuzz.js';
import {
  bytesField,
  int32Field,
  mapOf,
  message,
  readMessage,
  repeated,
  textField,
  uint64Field,
} from './protobuf.js';

const inner = message({ first: [1, textField], second: [2, textField] });
const shape = message({
  type: [1, int32Field],
  name: [2, textField],
  inner: [3, inner],
  many: [4, repeated(bytesField)],
  map: [5, mapOf(textField)],
  epoch: [6, uint64Field],
});
const NOTHING = { type: 0, name: '', inner: undefined, many: [], map: new Map(), epoch: 0n };

function read(hex: string): unknown {
  return readMessage(shape, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('a protobuf message is read as Go reads it', () => {
  test('with all of its fields, and with none', () => {
    expect(read('')).toEqual(NOTHING);
    expect(read('0805 120141 1a030a0162 2201aa 2201bb 2a060a016b120176 3007')).toEqual({
      type: 5,
      name: 'A',
      inner: { first: 'b', second: '' },
      many: [Buffer.of(0xaa), Buffer.of(0xbb)],
      map: new Map([['k', 'v']]),
      epoch: 7n,
    });
  });

  test('attack 37: a known field of another wire type counts as unknown', () => {
    for (const rubbish of ['3203ffffff', '0a03ffffff', '10ff01', '1801', '2101020304050607 08', '2d01020304'])
      expect(read(`0805${rubbish}`)).toEqual({ ...NOTHING, type: 5 });
  });

  test('the last value counts, and a message in pieces is put together', () => {
    expect(read('0805 0806 120141 120142')).toEqual({ ...NOTHING, type: 6, name: 'B' });
    expect(read('1a030a0162 1a03120163')).toEqual({ ...NOTHING, inner: { first: 'b', second: 'c' } });
    expect(read('08ffffffff1f')).toEqual({ ...NOTHING, type: -1 });
  });

  test('what Go refuses is no message', () => {
    const refused = [
      '08',
      '12ff',
      '00',
      '0f',
      '0c',
      '120180',
      '08ffffffffffffffffff02',
      '1a010a',
      '3b',
      '3b44',
    ];
    for (const bytes of refused) expect([bytes, read(bytes)]).toEqual([bytes, undefined]);
    expect(read('3b0805 3c')).toEqual(NOTHING);
  });

  test('groups that nest deeply, and very many fields, are read in time', () => {
    expect(readMessage(shape, Buffer.alloc(1_000_000, 0x3b))).toBeUndefined();
    expect(readMessage(shape, Buffer.alloc(1_000_000, Buffer.of(0x22, 0)))?.many).toHaveLength(500_000);
  }, 300_000);

  test('attack 37: no bytes make the reader throw', () => {
    const sample = Buffer.from('08051201411a030a01622201aa2201bb2a060a016b1201763007', 'hex');
    fuzz([sample], (bytes) => readMessage(shape, bytes));
  }, 300_000);
});
