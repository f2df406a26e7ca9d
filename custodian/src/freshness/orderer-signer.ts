// SPDX-License-Identifier: Apache-2.0
import { verify, type X509Certificate } from 'node:crypto';
import { readMessage } from '@tutela/chaincode/domain';
import {
  isIssuedBy,
  readPemCertificate,
  serializedIdentity,
  signatureHeader as signatureHeaderShape,
} from '@tutela/fabric';
import { blockHeaderBytes } from '../ledger/block-hash.js';
import type { BlockHeader, OrdererRoots, OrdererSignature } from '../ledger/ledger.js';

/** Who signed a block header: the orderer's organisation and certificate, PEM. */
export type OrdererSigner = Readonly<{ mspId: string; certificate: string }>;

/**
 * The orderer that signed a header, if the signature holds, the certificate was issued by an authority of that
 * ordering organisation, and it is one of an orderer; else undefined.
 */
export function ordererSigner(
  header: BlockHeader,
  signature: OrdererSignature,
  roots: readonly OrdererRoots[],
): OrdererSigner | undefined {
  const [value, signatureHeader, bytes] = [
    signature.value,
    signature.signatureHeader,
    signature.signature,
  ].map((text) => Buffer.from(text, 'base64url'));
  if (value === undefined || signatureHeader === undefined || bytes === undefined) return undefined;
  const signer = signerOf(signatureHeader);
  const certificate = signer && readPemCertificate(Buffer.from(signer.certificate, 'latin1'));
  if (certificate === undefined || !isOrderer(certificate)) return undefined;
  const authorities = roots.find(({ mspId }) => mspId === signer?.mspId)?.certificates ?? [];
  if (!isIssuedBy(certificate, authorities)) return undefined;
  const message = Buffer.concat([value, signatureHeader, blockHeaderBytes(header)]);
  return hasSigned(certificate, message, bytes) ? signer : undefined;
}

function signerOf(bytes: Uint8Array): OrdererSigner | undefined {
  const header = readMessage(signatureHeaderShape, bytes);
  const identity = header && readMessage(serializedIdentity, header.creator);
  return (
    identity && {
      mspId: identity.mspId,
      certificate: Buffer.from(identity.certificate).toString('latin1'),
    }
  );
}

function isOrderer({ subject }: X509Certificate): boolean {
  return subject.split('\n').includes('OU=orderer');
}

// A key that makes no signatures of this kind makes the call fail.
function hasSigned(certificate: X509Certificate, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify('sha256', message, certificate.publicKey, signature);
  } catch {
    return false;
  }
}
