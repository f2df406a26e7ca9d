// SPDX-License-Identifier: Apache-2.0
import { assertionFault, isSignedBy } from '@tutela/crypto/signatures';
import { decodeBase64url, encodeBase64url, sha256 } from '@tutela/crypto/verify';
import {
  degradedChallenge,
  degradedSignedBytes,
  degradedSigners,
  type SignedDegradedRequest,
} from '../../domain/degraded.js';
import { samePerson, type Actor } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requirePasskey } from '../../domain/passkey.js';
import type { Practitioner } from '../../domain/registry.js';
import { CLINICIAN_ROLES } from '../../domain/vocabulary.js';
import type { Reader } from '../../state/ledger.js';
import { practitionersAt } from '../../state/practitioners.js';

type Signature = ReturnType<typeof degradedSigners>[number];

/** Somebody who signed, as the ledger knew the person then, and as an actor of the emergency. */
export type Signer = Signature & Readonly<{ person: Practitioner; actor: Actor }>;

/** How a certificate (RFC 5480) introduces an uncompressed P-256 key. */
const P256_KEY_INFO = [
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/**
 * Everyone who signed a request, the requester first: each with the certified key that the own hospital has registered
 * and with an own passkey, each entitled at that time, each another person. The rules of custodians once
 * more, on the ledger. Throws the code of the refusal.
 */
export async function provenSigners(
  reader: Reader,
  request: SignedDegradedRequest,
): Promise<readonly [Signer, Signer, ...Signer[]]> {
  const signers: Signer[] = [];
  for (const signature of degradedSigners(request))
    signers.push(await provenSigner(reader, request, signature));
  const [requester, second, ...others] = signers;
  if (requester === undefined || second === undefined)
    throw new DomainError('BAD_REQUEST', 'two clinicians sign');
  if ([second, ...others].some(({ actor }) => samePerson(actor, requester.actor)))
    throw new DomainError('EMERGENCY_SAME_PERSON', 'the second signature must be another person’s');
  if (others.some(({ mspId }) => mspId === requester.mspId))
    throw new DomainError('CALLER_NOT_ENTITLED', 'the duty officer must be of another hospital');
  return [requester, second, ...others];
}

/** The person may have been changed about that time; then one of the versions must fit. */
async function provenSigner(
  reader: Reader,
  { statement }: SignedDegradedRequest,
  signature: Signature,
): Promise<Signer> {
  const versions = await practitionersAt(reader, signature, statement.declaredAt);
  let fault = new DomainError('CALLER_UNKNOWN', 'the ledger knows no such practitioner');
  for (const person of versions) {
    try {
      requireProven(person, signature, statement);
      return {
        ...signature,
        person,
        actor: actorOf(reader, signature, { person, at: statement.declaredAt }),
      };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      fault = error;
    }
  }
  throw fault;
}

function requireProven(
  { role, status, publicKey, passkeys = [] }: Practitioner,
  { part, mspId, practitionerId, certificate, signature, assertion }: Signature,
  statement: SignedDegradedRequest['statement'],
): void {
  const roles: readonly string[] = part === 'dutyOfficer' ? ['medical-officer'] : CLINICIAN_ROLES;
  if (status !== 'active') throw new DomainError('CALLER_INACTIVE', 'the practitioner may not act');
  if (!roles.includes(role)) throw new DomainError('CALLER_NOT_ENTITLED', `this is for ${roles.join(', ')}`);
  if (publicKey === undefined || certifiedKey(certificate) !== publicKey)
    throw new DomainError('CALLER_UNKNOWN', 'the certificate is not of the key that is registered');
  const bytes = degradedSignedBytes(part, statement);
  if (!isSignedBy(publicKey, bytes, signature))
    throw new DomainError('SIGNATURE_INVALID', 'a clinician has not signed this statement');
  const challenge = degradedChallenge(statement, { part, mspId, practitionerId }, sha256);
  requirePasskey(passkeys, { assertion, challenge }, assertionFault);
}

/**
 * The P-256 key that a certificate names. Whether an authority issued it is for custodians to check, who have the
 * channel's configuration; here it must be the key that the registrar put on the ledger.
 */
function certifiedKey(certificate: string): string | undefined {
  const der = strictBytes(certificate);
  const at = der.findIndex((_, from) => P256_KEY_INFO.every((byte, offset) => der[from + offset] === byte));
  if (at < 0) return undefined;
  const from = at + P256_KEY_INFO.length;
  return encodeBase64url(der.subarray(from, from + 65));
}

/** The bytes of base64url text; none for text that is not canonical. */
function strictBytes(text: string): Uint8Array {
  try {
    return decodeBase64url(text);
  } catch {
    return new Uint8Array();
  }
}

function actorOf(
  { txId }: Reader,
  { certificate, assertion }: Signature,
  { person, at }: Readonly<{ person: Practitioner; at: Actor['at'] }>,
): Actor {
  const { mspId, practitionerId, personTag } = person;
  const fingerprint = hex(sha256(strictBytes(certificate)));
  return { mspId, practitionerId, personTag, certificate: fingerprint, at, txId, stepUp: { at, assertion } };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
