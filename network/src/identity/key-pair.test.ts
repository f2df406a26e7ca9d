// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { requestKey } from './key-pair.js';

describe('a certificate request', () => {
  test('names the holder and the hospital, and nothing that a tool would add', async () => {
    const { requestPem } = await requestKey({
      commonName: 'peer',
      organization: 'Alder Hospital',
      hosts: [],
    });
    const request = new Pkcs10CertificateRequest(requestPem);
    expect(request.subject).toBe('O=Alder Hospital, CN=peer');
    expect(await request.verify()).toBe(true);
  });

  test('carries the key that belongs to it, on P-256', async () => {
    const { keyPem, requestPem } = await requestKey({
      commonName: 'peer',
      organization: 'Alder',
      hosts: ['localhost'],
    });
    const key = createPrivateKey(keyPem);
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    const requested = Buffer.from(new Pkcs10CertificateRequest(requestPem).publicKey.rawData);
    expect(createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(requested)).toBe(true);
  });

  test('is made again for the key that is there', async () => {
    const first = await requestKey({ commonName: 'peer', organization: 'Alder', hosts: [] });
    const again = await requestKey({
      commonName: 'peer',
      organization: 'Alder',
      hosts: [],
      keyPem: first.keyPem,
    });
    expect(again.keyPem).toBe(first.keyPem);
    const keyOf = (pem: string) =>
      Buffer.from(new Pkcs10CertificateRequest(pem).publicKey.rawData).toString('hex');
    expect(keyOf(again.requestPem)).toBe(keyOf(first.requestPem));
    expect(await new Pkcs10CertificateRequest(again.requestPem).verify()).toBe(true);
  });
});
