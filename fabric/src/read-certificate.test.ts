// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fuzz } from '@tutela/chaincode/testing';
import { isIssuedBy, readCertificate, readPemCertificate } from './read-certificate.js';
import { testTlsAuthority } from './testing/test-tls.js';

let root: Buffer;
let leaf: X509Certificate;

beforeAll(async () => {
  const authority = await testTlsAuthority('alder');
  root = authority.root;
  leaf = new X509Certificate((await authority.issue()).certificate);
});

/** A certificate with bytes behind its signature, inside of the outermost sequence. */
function withTail({ raw }: X509Certificate, tail: readonly number[]): Buffer {
  const longer = Buffer.concat([raw, Buffer.from(tail)]);
  longer.writeUInt16BE(raw.readUInt16BE(2) + tail.length, 2);
  return longer;
}

describe('attack 37: a certificate that another hospital wrote', () => {
  test('is read where Fabric reads it: another label, header lines, bytes behind the signature', () => {
    const text = root.toString();
    const forms = [
      text,
      `rubbish before\n${text}`,
      text.replaceAll('CERTIFICATE', 'FOO'),
      text.replace('CERTIFICATE-----\n', 'CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\n'),
      `-----BEGIN X-----\n!\n-----END X-----\n${text}`,
    ];
    for (const form of forms) expect(isIssuedBy(leaf, [Buffer.from(form)])).toBe(true);
    const tailed = readCertificate(withTail(leaf, [5, 0, 1]));
    expect(tailed?.fingerprint256).toBe(leaf.fingerprint256);
    expect(tailed !== undefined && isIssuedBy(tailed, [root])).toBe(true);
  });

  test('is none where nothing reads it, and issued none', () => {
    const rubbish = [
      '',
      'FOO',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      'x'.repeat(100_000),
    ];
    for (const text of rubbish) {
      expect(readPemCertificate(Buffer.from(text))).toBeUndefined();
      expect(isIssuedBy(leaf, [Buffer.from(text)])).toBe(false);
    }
    expect(isIssuedBy(leaf, [Buffer.from('FOO'), root])).toBe(true);
  });

  test('makes no reader fail, whatever its bytes are', () => {
    fuzz([root], (bytes) => isIssuedBy(leaf, [bytes]));
    fuzz([leaf.raw], (bytes) => {
      const read = readCertificate(bytes);
      if (read !== undefined) isIssuedBy(read, [root]);
    });
  }, 300_000);
});
