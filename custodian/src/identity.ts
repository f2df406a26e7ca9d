// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { tagged } from '@tutela/chaincode/domain';

/** A P-256 key that signs in a custodian's name. */
export type Identity = Readonly<{
  mspId: string;
  /** Uncompressed point, 65 bytes as base64url, as the ledger holds it. */
  publicKey: string;
  /** Signs `prefix‖0x00‖JCS(value)`; r‖s, 64 bytes as base64url. */
  sign: (prefix: string, value: object) => string;
}>;

/** The identity of a key pair. */
export function identityOf(mspId: string, privateKey: KeyObject): Identity {
  return {
    mspId,
    publicKey: rawPublicKey(createPublicKey(privateKey)),
    sign: (prefix, value) =>
      sign('sha256', tagged(prefix, value), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
  };
}

/** The public key of a PEM certificate, uncompressed, as base64url. */
export function certificateKey(pem: Uint8Array): string {
  return rawPublicKey(new X509Certificate(Buffer.from(pem)).publicKey);
}

/** The public key of a certificate that another party wrote, as above; undefined if it is none of P-256. */
export function p256KeyOf(certificate: X509Certificate): string | undefined {
  try {
    return rawPublicKey(certificate.publicKey);
  } catch {
    return undefined;
  }
}

/** Whether an ECDSA P-256 signature (r‖s, base64url) over bytes holds; whatever is malformed does not. */
export function isSignedBy(publicKey: string, message: Uint8Array, signature: string): boolean {
  const key = importPublicKey(publicKey);
  const bytes = Buffer.from(signature, 'base64url');
  if (key === undefined || bytes.length !== 64) return false;
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, bytes);
}

/** As {@link isSignedBy} for `prefix‖0x00‖JCS(value)`. */
export function isTaggedSignedBy(
  publicKey: string,
  [prefix, value]: readonly [string, object],
  signature: string,
): boolean {
  return isSignedBy(publicKey, tagged(prefix, value), signature);
}

function rawPublicKey(key: KeyObject): string {
  const { x = '', y = '', crv } = key.export({ format: 'jwk' });
  if (crv !== 'P-256') throw new Error('an identity key must be of P-256');
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return Buffer.concat(point).toString('base64url');
}

function importPublicKey(publicKey: string): KeyObject | undefined {
  const point = Buffer.from(publicKey, 'base64url');
  if (point.length !== 65 || point[0] !== 4) return undefined;
  const half = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: half(1), y: half(33) }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
