// SPDX-License-Identifier: Apache-2.0
import { verify, X509Certificate } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
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
  if (signer === undefined) return undefined;
  const certificate = parseCertificate(signer.certificate);
  const authorities = roots.find(({ mspId }) => mspId === signer.mspId)?.certificates ?? [];
  if (certificate === undefined || !isOrderer(certificate) || !isIssued(certificate, authorities))
    return undefined;
  const message = Buffer.concat([value, signatureHeader, blockHeaderBytes(header)]);
  return verify('sha256', message, certificate.publicKey, bytes) ? signer : undefined;
}

function signerOf(signatureHeader: Uint8Array): OrdererSigner | undefined {
  try {
    const creator = common.SignatureHeader.deserializeBinary(signatureHeader).getCreator_asU8();
    const identity = msp.SerializedIdentity.deserializeBinary(creator);
    return {
      mspId: identity.getMspid(),
      certificate: Buffer.from(identity.getIdBytes_asU8()).toString('utf8'),
    };
  } catch {
    return undefined;
  }
}

function parseCertificate(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(typeof pem === 'string' ? pem : Buffer.from(pem));
  } catch {
    return undefined;
  }
}

function isOrderer({ subject }: X509Certificate): boolean {
  return subject.split('\n').includes('OU=orderer');
}

function isIssued(certificate: X509Certificate, authorities: readonly Uint8Array[]): boolean {
  return authorities.some((pem) => {
    const authority = parseCertificate(pem);
    return (
      authority !== undefined && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
    );
  });
}
