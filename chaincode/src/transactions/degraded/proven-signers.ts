// SPDX-License-Identifier: Apache-2.0
import { assertionFault, certifiedKey, isSignedBy } from '@tutela/crypto/signatures';
import { decodeBase64url, sha256 } from '@tutela/crypto/verify';
import {
  degradedSigners,
  requireOwnSignature,
  type PartSignature,
  type SignatureChecks,
  type SignedDegradedRequest,
} from '../../domain/degraded.js';
import { samePerson, type Actor } from '../../domain/emergency.js';
import { DomainError, type ErrorCode } from '../../domain/errors.js';
import type { Practitioner } from '../../domain/registry.js';
import { CLINICIAN_ROLES } from '../../domain/vocabulary.js';
import { inTurn } from '../../state/in-turn.js';
import { fingerprintOf, type Reader } from '../../state/ledger.js';
import { practitionersAt, versionsOf } from '../../state/practitioners.js';

/** A person who signed, as the ledger knew the person, and as an actor of the emergency. */
export type Signer = PartSignature & Readonly<{ person: Practitioner; actor: Actor }>;

/** Everyone who signed a request, the requester first, and what the ledger says against their right to do so. */
export type ProvenSigners = Readonly<{
  signers: readonly [Signer, Signer, ...Signer[]];
  against: readonly ErrorCode[];
}>;

/** One person's signatures on a request, by key and by passkey, to be compared with a version of the person. */
type Claim = Readonly<{ signed: PartSignature; statement: SignedDegradedRequest['statement'] }>;

const CHECKS = { sha256, isSignedBy, assertionFault };

/**
 * Everyone who signed a request, each with a certified key and a passkey that one version of the person on the ledger
 * carries: then the person signed, and this is all that a record needs. Whether each was entitled at that time is
 * written beside the record: custodians judge it by the state that they know, which the person's own hospital can
 * make differ from the one at the time that the statement names. Throws the code of what fails for a person who is
 * proven by no version.
 */
export async function provenSigners(reader: Reader, request: SignedDegradedRequest): Promise<ProvenSigners> {
  const { statement } = request;
  const signers: Signer[] = [];
  const against: ErrorCode[] = [];
  for (const signed of degradedSigners(request)) {
    const { person, fault } = await provenPerson(reader, { signed, statement });
    signers.push({ ...signed, person, actor: actorOf(reader, signed, { person, at: statement.declaredAt }) });
    if (fault !== undefined) against.push(fault.code);
  }
  const [requester, second, ...others] = signers;
  if (requester === undefined || second === undefined)
    throw new DomainError('BAD_REQUEST', 'two clinicians sign');
  if ([second, ...others].some(({ actor }) => samePerson(actor, requester.actor)))
    against.push('EMERGENCY_SAME_PERSON');
  if (others.some(({ mspId }) => mspId === requester.mspId)) against.push('CALLER_NOT_ENTITLED');
  return { signers: [requester, second, ...others], against: [...new Set(against)] };
}

/**
 * The version of a person that proves a signature: one that was in force and entitled at that time, or the newest one
 * with what speaks against it.
 */
async function provenPerson(
  reader: Reader,
  claim: Claim,
): Promise<Readonly<{ person: Practitioner; fault?: DomainError }>> {
  const { signed, statement } = claim;
  const faultOf = faultsOf(reader, claim);
  let fault = new DomainError('CALLER_UNKNOWN', 'the ledger knows no such practitioner');
  for (const person of await practitionersAt(reader, signed, statement.declaredAt)) {
    const found = (await faultOf(person)) ?? entitlementFault(person, signed);
    if (found === undefined) return { person };
    fault = found;
  }
  for await (const { practitioner: person } of versionsOf(reader, signed))
    if ((await faultOf(person)) === undefined) return { person, fault };
  throw fault;
}

/**
 * Answers why a version of a person does not prove a signature. The signature is verified once for each passkey, each time
 * in a turn of its own, however many versions carry the passkey: a hospital makes as many versions as it likes.
 */
function faultsOf(reader: Reader, claim: Claim): (person: Practitioner) => Promise<DomainError | undefined> {
  const { certificate, assertion: answer } = claim.signed;
  const key = certifiedKey(certificate);
  const checks = { ...CHECKS, certifiedKey: () => key };
  const known = new Map<string, DomainError | undefined>();
  return async (person) => {
    const { publicKey, passkeys = [] } = person;
    if (publicKey !== key) return faultOf(person, claim, checks);
    const passkey = passkeys.find(({ credentialId }) => credentialId === answer.credentialId);
    const name = JSON.stringify([passkey?.publicKey, passkey?.rpId]);
    if (!known.has(name)) known.set(name, await inTurn(reader, () => faultOf(person, claim, checks)));
    return known.get(name);
  };
}

function faultOf(person: Practitioner, claim: Claim, checks: SignatureChecks): DomainError | undefined {
  try {
    requireOwnSignature(person, claim, checks);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function entitlementFault({ role, status }: Practitioner, { part }: PartSignature): DomainError | undefined {
  const roles: readonly string[] = part === 'dutyOfficer' ? ['medical-officer'] : CLINICIAN_ROLES;
  if (status !== 'active')
    return new DomainError('CALLER_INACTIVE', 'the practitioner was not active at that time');
  return roles.includes(role)
    ? undefined
    : new DomainError('CALLER_NOT_ENTITLED', `this is for ${roles.join(', ')}`);
}

function actorOf(
  { txId }: Reader,
  { certificate, assertion }: PartSignature,
  { person, at }: Readonly<{ person: Practitioner; at: Actor['at'] }>,
): Actor {
  const { mspId, practitionerId, personTag } = person;
  const fingerprint = fingerprintOf(decodeBase64url(certificate));
  return { mspId, practitionerId, personTag, certificate: fingerprint, at, txId, stepUp: { at, assertion } };
}
