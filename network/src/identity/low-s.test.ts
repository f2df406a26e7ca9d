// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, verify } from 'node:crypto';
import { signLowS } from './low-s.js';

const halfOrder = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551') / 2n;

function readS(der: Buffer): bigint {
  const rLength = der[3] ?? 0;
  const start = 4 + rLength + 2;
  return BigInt(`0x${der.subarray(start, start + (der[4 + rLength + 1] ?? 0)).toString('hex')}`);
}

describe('a request signature', () => {
  test('verifies and has the low s, whatever the nonce was', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (let index = 0; index < 300; index += 1) {
      const message = Buffer.from(`message ${index}`);
      const der = signLowS(message, privateKey);
      expect(verify('sha256', message, publicKey, der)).toBe(true);
      expect(readS(der) <= halfOrder).toBe(true);
      expect(der[1]).toBe(der.length - 2);
    }
  });

  test('does not verify for another message', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(
      verify('sha256', Buffer.from('other'), publicKey, signLowS(Buffer.from('message'), privateKey)),
    ).toBe(false);
  });
});
