// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A TLS certificate and its key, as PEM. */
export type TlsMaterial = Readonly<{ cert: string; key: string }>;

/** A certificate for localhost that nobody but its own key vouches for. */
export async function selfSigned(): Promise<TlsMaterial> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const names = new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]);
  const extensions = [new BasicConstraintsExtension(true), names];
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=localhost', keys, signingAlgorithm: P256, extensions, notAfter: new Date('2036-01-01') },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
  };
}
