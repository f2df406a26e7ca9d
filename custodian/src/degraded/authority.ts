// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { X509Certificate as ParsedCertificate } from '@peculiar/x509';
import { DomainError, ENROLMENT_ID_ATTRIBUTE, ROLE_ATTRIBUTE } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { normalSerial, revokedSerials } from './revoked-serials.js';
import type { MemberAuthorities } from '../ledger/ledger.js';

/** Object identifier under which Fabric CA puts attributes into certificates. */
const FABRIC_ATTRIBUTES = '1.2.3.4.5.6.7.8.1';
const attributes = z.object({
  attrs: z.looseObject({ [ENROLMENT_ID_ATTRIBUTE]: z.string(), [ROLE_ATTRIBUTE]: z.string() }),
});

/** What a certificate says of its owner, once it is known to be a hospital's. */
export type Certified = Readonly<{ id: string; role: string; certificate: X509Certificate }>;

/**
 * Reads a certificate that a hospital's own authority must have issued, that is valid now and not revoked, all as the
 * channel was last configured. Throws CALLER_UNKNOWN, or CALLER_INACTIVE for one that was revoked.
 */
export function certifiedBy(
  mspId: string,
  certificateDer: Uint8Array,
  { authorities, now }: Readonly<{ authorities: readonly MemberAuthorities[]; now: number }>,
): Certified {
  const own = authorities.find((one) => one.mspId === mspId);
  const certificate = parse(certificateDer);
  if (own === undefined || !isIssuedBy(certificate, own) || !isCurrent(certificate, now))
    throw unknown('the certificate is not one of that hospital');
  if (isRevoked(certificate, own)) throw new DomainError('CALLER_INACTIVE', 'the certificate was revoked');
  return { ...ownerOf(certificateDer), certificate };
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(der));
  } catch (cause) {
    throw unknown('this is no certificate', cause);
  }
}

function isIssuedBy(certificate: X509Certificate, { certificates }: MemberAuthorities): boolean {
  return (
    !certificate.ca &&
    certificates.some((pem) => {
      const authority = new X509Certificate(Buffer.from(pem));
      return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    })
  );
}

function isCurrent({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now < validToDate.getTime();
}

function isRevoked({ serialNumber }: X509Certificate, { revocationLists }: MemberAuthorities): boolean {
  const wanted = normalSerial(serialNumber);
  return revocationLists.some((list) => revokedSerials(list).has(wanted));
}

function ownerOf(der: Uint8Array): Readonly<{ id: string; role: string }> {
  const extension = new ParsedCertificate(Uint8Array.from(der)).getExtension(FABRIC_ATTRIBUTES);
  const found = attributes.safeParse(extension && jsonOf(extension.value));
  if (!found.success) throw unknown('the certificate names no enrolment id or no role');
  const { attrs } = found.data;
  return { id: attrs[ENROLMENT_ID_ATTRIBUTE], role: attrs[ROLE_ATTRIBUTE] };
}

function jsonOf(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function unknown(message: string, cause?: unknown): DomainError {
  return new DomainError('CALLER_UNKNOWN', message, { cause });
}
