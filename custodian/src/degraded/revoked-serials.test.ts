// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { revokedSerials } from './revoked-serials.js';

/** Made by OpenSSL 3 with the serial numbers 00F0A1B2C3D4E5F60718 and 5A. */
const LIST = `-----BEGIN X509 CRL-----
MIHYMH8CAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MTEyMTE1NDQx
N1oXDTM2MTExODE1NDQxN1owMTASAgFaFw0yNjAzMDEwMDAwMDBaMBsCCgDwobLD
1OX2BxgXDTI2MDMwMTAwMDAwMFqgDjAMMAoGA1UdFAQDAgEBMAoGCCqGSM49BAMC
A0kAMEYCIQD1/8BrFEiKBPS+/JHpwtaiMMdcLORapZZTxUCw+pvBGQIhAOzReGMh
xRWIprpwycxUBUr/DCFUODP5jyP2jP71gPeG
-----END X509 CRL-----`;
const der = Buffer.from(LIST.split('\n').slice(1, -1).join(''), 'base64');

describe('a revocation list', () => {
  test('names the serial numbers that its authority revoked, as PEM and as DER', () => {
    const expected = new Set(['f0a1b2c3d4e5f60718', '5a']);
    expect(revokedSerials(Buffer.from(LIST))).toEqual(expected);
    expect(revokedSerials(der)).toEqual(expected);
  });

  test('that was cut, or is something else, cannot be read', () => {
    for (let length = 0; length < der.length; length += 7)
      expect(revokedSerials(der.subarray(0, length))).toBeUndefined();
    expect(revokedSerials(Buffer.from('no list'))).toBeUndefined();
  });
});
