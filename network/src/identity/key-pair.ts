// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
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
  /** A key to be certified again (PKCS #8 PEM); a new one is made when there is none. */
  readonly keyPem?: string;
}

/** Makes a PKCS #10 request (RFC 2986) for a P-256 key, a new one or the one given. */
export async function requestKey({
  commonName,
  organization,
  hosts,
  keyPem,
}: RequestSubject): Promise<RequestedKey> {
  const keys =
    keyPem === undefined
      ? await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      : await importKeys(keyPem);
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

async function importKeys(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(keyPem);
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}

function generalName(host: string): JsonGeneralName {
  return /^[\d.]+$/.test(host) ? { type: 'ip', value: host } : { type: 'dns', value: host };
}
