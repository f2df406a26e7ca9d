// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { tagged } from '@tutela/chaincode/domain';
import { isSignedBy } from '@tutela/crypto';

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

// One decoder of signatures for custodian, gateway and chaincode: what one takes, the others take.
export { isSignedBy };

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
