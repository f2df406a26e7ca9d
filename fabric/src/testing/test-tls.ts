// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2046-01-01T00:00:00Z') };

/** What one process at localhost shows in TLS, PEM. */
export type TestCertificate = Readonly<{ certificate: Buffer; privateKey: Buffer }>;

/** A hospital's TLS authority: every call of `issue` certifies one more process at localhost; `root` is PEM. */
export type TestTlsAuthority = Readonly<{ root: Buffer; issue: () => Promise<TestCertificate> }>;

export async function testTlsAuthority(name: string): Promise<TestTlsAuthority> {
  const authority = await keyPair();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      keys: authority,
      signingAlgorithm: P256,
      ...validity,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  return {
    root: Buffer.from(root.toString('pem')),
    issue: async () => {
      const keys = await keyPair();
      const certificate = await x509.X509CertificateGenerator.create(
        {
          subject: 'CN=localhost',
          issuer: root.subject,
          publicKey: keys.publicKey,
          signingKey: authority.privateKey,
          signingAlgorithm: P256,
          ...validity,
          extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
        },
        webcrypto,
      );
      const privateKey = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
      return {
        certificate: Buffer.from(certificate.toString('pem')),
        privateKey: Buffer.from(privateKey),
      };
    },
  };
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}
