// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { EnrolmentId, MspId } from '../domain/ids.js';
import { ENROLMENT_ID_ATTRIBUTE, ROLE_ATTRIBUTE } from '../domain/names.js';
import type { Role } from '../domain/vocabulary.js';

/** Someone with a certificate as Fabric CA issues it; the private key is a P-256 key. */
export type Identity = Readonly<{
  mspId: MspId;
  id: EnrolmentId;
  role: Role;
  certificatePem: string;
  keys: webcrypto.CryptoKeyPair;
}>;

/** Object identifier under which Fabric CA puts attributes into certificates. */
const FABRIC_ATTRIBUTES = '1.2.3.4.5.6.7.8.1';
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Enrols someone at a hospital: a fresh key and a certificate with the attributes that the rules read. */
export async function enrol(mspId: MspId, id: EnrolmentId, role: Role): Promise<Identity> {
  return certify(mspId, { id, role }, { [ENROLMENT_ID_ATTRIBUTE]: id, [ROLE_ATTRIBUTE]: role });
}

/** As {@link enrol}, with attributes of the test's choice. */
export async function certify(
  mspId: MspId,
  { id, role }: Pick<Identity, 'id' | 'role'>,
  attributes: Readonly<Record<string, string>>,
): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const attrs = new TextEncoder().encode(JSON.stringify({ attrs: attributes }));
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
      name: `CN=${id}, OU=client, O=${mspId}`,
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2036-01-01T00:00:00Z'),
      keys,
      signingAlgorithm: P256,
      extensions: [new x509.Extension(FABRIC_ATTRIBUTES, false, attrs)],
    },
    webcrypto,
  );
  return { mspId, id, role, certificatePem: certificate.toString('pem'), keys };
}
