// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  degradedSignedBytes,
  degradedSigners,
  DomainError,
  PRACTITIONER_ROLES,
  type PartSignature,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { isSignedBy, p256KeyOf } from '../identity.js';
import type { MemberAuthorities } from '../ledger/ledger.js';
import { certifiedBy } from './authority.js';

/** Somebody whose certificate and signature hold; `fingerprint` is SHA-256 of the certificate, hexadecimal. */
export type Signer = PartSignature & Readonly<{ fingerprint: string }>;

/**
 * Checks every certificate against its hospital's authorities, then every signature against its certificate, without
 * asking the ledger anything; that the key is the registered one is checked with the people. Throws
 * CALLER_UNKNOWN, CALLER_INACTIVE, CALLER_NOT_ENTITLED for the certificate of a process, or SIGNATURE_INVALID.
 */
export function requireSigners(
  request: SignedDegradedRequest,
  known: Readonly<{ authorities: readonly MemberAuthorities[]; now: number }>,
): readonly Signer[] {
  return degradedSigners(request).map((signer) => {
    const der = Buffer.from(signer.certificate, 'base64url');
    const { id, role, certificate } = certifiedBy(signer.mspId, der, known);
    if (id !== signer.practitionerId)
      throw new DomainError('CALLER_UNKNOWN', 'the certificate is somebody else’s');
    if (!PRACTITIONER_ROLES.some((person) => person === role))
      throw new DomainError('CALLER_NOT_ENTITLED', 'only a person may sign this');
    const bytes = degradedSignedBytes(signer.part, request.statement);
    const key = p256KeyOf(certificate);
    if (key === undefined || !isSignedBy(key, bytes, signer.signature))
      throw new DomainError('SIGNATURE_INVALID', 'a clinician has not signed this statement');
    return { ...signer, fingerprint: createHash('sha256').update(der).digest('hex') };
  });
}
