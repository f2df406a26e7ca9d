// SPDX-License-Identifier: Apache-2.0
import { sign, X509Certificate, type KeyObject } from 'node:crypto';

/** Signs bytes with a P-256 key as the ledger checks statements: ECDSA with SHA-256, r‖s, base64url. */
export function statementSigner(key: KeyObject): (bytes: Uint8Array) => string {
  return (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** The P-256 public key of a PEM certificate as the ledger writes it: uncompressed point, base64url. */
export function certifiedKey(certificatePem: string): string {
  const { x = '', y = '' } = new X509Certificate(certificatePem).publicKey.export({ format: 'jwk' });
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return Buffer.concat(point).toString('base64url');
}
