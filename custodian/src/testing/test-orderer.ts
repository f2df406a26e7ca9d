// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { sign, webcrypto, KeyObject } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import * as x509 from '@peculiar/x509';
import { blockHeaderBytes } from '../ledger/block-hash.js';
import type { BlockHeader, OrdererRoots, OrdererSignature } from '../ledger/ledger.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** An orderer with a certificate of its organisation's authority. */
export type TestOrderer = Readonly<{
  roots: OrdererRoots;
  sign: (header: BlockHeader) => OrdererSignature;
}>;

/** Enrols an orderer; `unit` is the organisational unit in its certificate, which tells an orderer from others. */
export async function testOrderer(mspId: string, unit = 'orderer'): Promise<TestOrderer> {
  const authority = await keyPair();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=ca, O=${mspId}`,
      keys: authority,
      signingAlgorithm: P256,
      ...validity,
      extensions: [new x509.BasicConstraintsExtension(true)],
    },
    webcrypto,
  );
  const keys = await keyPair();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: `CN=orderer, OU=${unit}, O=${mspId}`,
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: P256,
      ...validity,
    },
    webcrypto,
  );
  const privateKey = KeyObject.from(keys.privateKey);
  return {
    roots: { mspId, certificates: [Buffer.from(root.toString('pem'))] },
    sign: (header) => signHeader(header, { mspId, certificate: certificate.toString('pem'), privateKey }),
  };
}

const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2036-01-01T00:00:00Z') };

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

function signHeader(
  header: BlockHeader,
  { mspId, certificate, privateKey }: Readonly<{ mspId: string; certificate: string; privateKey: KeyObject }>,
): OrdererSignature {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  creator.setIdBytes(Buffer.from(certificate));
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  const [value, headerBytes] = [Buffer.from('metadata'), Buffer.from(signatureHeader.serializeBinary())];
  const message = Buffer.concat([value, headerBytes, blockHeaderBytes(header)]);
  return {
    value: value.toString('base64url'),
    signatureHeader: headerBytes.toString('base64url'),
    signature: sign('sha256', message, privateKey).toString('base64url'),
  };
}
