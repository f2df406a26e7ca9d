// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { ENROLMENT_ID_ATTRIBUTE, ROLE_ATTRIBUTE } from '@tutela/chaincode/domain';
import type { Identity } from '@tutela/chaincode/testing';
import type { MemberAuthorities } from '../ledger/ledger.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const FABRIC_ATTRIBUTES = '1.2.3.4.5.6.7.8.1';
const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2036-01-01T00:00:00Z') };

/** A hospital's certificate authority. */
export type TestAuthority = Readonly<{
  /** The same person with a certificate of this authority, and another key. */
  certify: (person: Identity, change?: Partial<Pick<Identity, 'id' | 'role'>>) => Promise<Identity>;
  /** What the channel's configuration says of the hospital, with the certificates of some people revoked. */
  membership: (revoked?: readonly Identity[]) => MemberAuthorities;
}>;

/** Founds an authority of a hospital. */
export async function testAuthority(mspId: string): Promise<TestAuthority> {
  const keys = await keyPair();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...{ name: `CN=ca, O=${mspId}`, keys, signingAlgorithm: P256, ...validity },
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  return {
    certify: (person, change = {}) => issue(person, { root, authority: keys, change }),
    membership: (revoked = []) => ({
      mspId,
      certificates: [Buffer.from(root.toString('pem'))],
      tlsCertificates: [],
      revocationLists: [revocationList(revoked)],
    }),
  };
}

/** A list as in RFC 5280 §5.1, without a signature: the channel's configuration is what vouches for it. */
function revocationList(revoked: readonly Identity[]): Uint8Array {
  const time = der(0x17, Buffer.from('260301000000Z'));
  const entries = revoked.map(({ certificatePem }) => {
    const serial = Buffer.from(new x509.X509Certificate(certificatePem).serialNumber, 'hex');
    return der(0x30, der(0x02, serial), time);
  });
  const version = der(0x02, Buffer.of(1));
  const listed = entries.length === 0 ? [] : [der(0x30, ...entries)];
  return der(0x30, der(0x30, version, der(0x30), der(0x30), time, ...listed), der(0x30), der(0x03));
}

function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  if (content.length > 127) throw new Error('longer than a test needs');
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

async function issue(
  person: Identity,
  of: Readonly<{
    root: x509.X509Certificate;
    authority: webcrypto.CryptoKeyPair;
    change: Partial<Pick<Identity, 'id' | 'role'>>;
  }>,
): Promise<Identity> {
  const { id, role } = { ...person, ...of.change };
  const keys = await keyPair();
  const attrs = { attrs: { [ENROLMENT_ID_ATTRIBUTE]: id, [ROLE_ATTRIBUTE]: role } };
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...{ subject: `CN=${id}, OU=client`, issuer: of.root.subject, publicKey: keys.publicKey },
      ...{ signingKey: of.authority.privateKey, signingAlgorithm: P256, ...validity },
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(12))).toString('hex'),
      extensions: [
        new x509.Extension(FABRIC_ATTRIBUTES, false, new TextEncoder().encode(JSON.stringify(attrs))),
      ],
    },
    webcrypto,
  );
  return { ...person, certificatePem: certificate.toString('pem'), keys };
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}
