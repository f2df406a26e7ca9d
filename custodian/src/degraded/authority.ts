// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { X509Certificate as ParsedCertificate } from '@peculiar/x509';
import { DomainError, ENROLMENT_ID_ATTRIBUTE, parseJson, ROLE_ATTRIBUTE } from '@tutela/chaincode/domain';
import { isIssuedBy, readCertificate } from '@tutela/fabric';
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
  const certificate = readCertificate(certificateDer);
  if (certificate === undefined) throw unknown('this is no certificate');
  if (
    own === undefined ||
    certificate.ca ||
    !isIssuedBy(certificate, own.certificates) ||
    !isCurrent(certificate, now)
  )
    throw unknown('the certificate is not one of that hospital');
  if (isRevoked(certificate, own)) throw new DomainError('CALLER_INACTIVE', 'the certificate was revoked');
  return { ...ownerOf(certificateDer), certificate };
}

function isCurrent({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now < validToDate.getTime();
}

function isRevoked({ serialNumber }: X509Certificate, { revocationLists }: MemberAuthorities): boolean {
  const wanted = normalSerial(serialNumber);
  return revocationLists.some((list) => revokedSerials(list)?.has(wanted) ?? true);
}

function ownerOf(der: Uint8Array): Readonly<{ id: string; role: string }> {
  const found = attributes.safeParse(attributesIn(der));
  if (!found.success) throw unknown('the certificate names no enrolment id or no role');
  const { attrs } = found.data;
  return { id: attrs[ENROLMENT_ID_ATTRIBUTE], role: attrs[ROLE_ATTRIBUTE] };
}

/** What Fabric's CA wrote into a certificate; undefined if that cannot be read. */
function attributesIn(der: Uint8Array): unknown {
  try {
    const extension = new ParsedCertificate(Uint8Array.from(der)).getExtension(FABRIC_ATTRIBUTES);
    return extension && parseJson(Buffer.from(extension.value).toString('utf8'));
  } catch {
    return undefined;
  }
}

function unknown(message: string): DomainError {
  return new DomainError('CALLER_UNKNOWN', message);
}
