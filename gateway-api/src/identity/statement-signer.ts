// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, sign, type KeyObject } from 'node:crypto';

/** Signs bytes with a P-256 key as the ledger checks statements: ECDSA with SHA-256, r‖s, base64url. */
export function statementSigner(key: KeyObject): (bytes: Uint8Array) => string {
  return (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** The public half of a P-256 private key as the ledger writes it: uncompressed point, base64url. */
export function publicPoint(privateKey: KeyObject): string {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return Buffer.concat(point).toString('base64url');
}
