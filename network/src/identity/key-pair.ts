// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type JsonGeneralName,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new private key and the request that a certificate authority turns into a certificate. */
export interface RequestedKey {
  readonly keyPem: string;
  readonly requestPem: string;
}

/** What a certificate is asked to say. */
export interface RequestSubject {
  readonly commonName: string;
  readonly organization: string;
  /** DNS names and addresses of a server. */
  readonly hosts: readonly string[];
}

/** Makes a P-256 key and a PKCS #10 request for it (RFC 2986). */
export async function requestKey({ commonName, organization, hosts }: RequestSubject): Promise<RequestedKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: [{ O: [organization] }, { CN: [commonName] }],
      keys,
      signingAlgorithm: algorithm,
      extensions: hosts.length === 0 ? [] : [new SubjectAlternativeNameExtension(hosts.map(generalName))],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    keyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    requestPem: request.toString('pem'),
  };
}

function generalName(host: string): JsonGeneralName {
  return /^[\d.]+$/.test(host) ? { type: 'ip', value: host } : { type: 'dns', value: host };
}
