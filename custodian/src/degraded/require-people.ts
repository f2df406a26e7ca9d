// SPDX-License-Identifier: Apache-2.0
import {
  CLINICIAN_ROLES,
  CLINICIAN_QUOTA,
  DomainError,
  requireOwnSignature,
  samePerson,
  type Actor,
  type DegradedContext,
  type KnownPerson,
  type Practitioner,
  type SignedDegradedRequest,
  type TxId,
} from '@tutela/chaincode/domain';
import { assertionFault, certifiedKey, isSignedBy, sha256 } from '@tutela/crypto';
import type { Signer } from './require-signers.js';

/** Somebody who signed, as the ledger last knew the person. */
export type Participant = Signer & Readonly<{ practitioner: Practitioner; actor: Actor }>;

/** Who takes part: a medical officer of another hospital who co-signs is that hospital's duty officer too. */
export type Team = Readonly<{ requester: Participant; cosigner: Participant; dutyOfficer?: Participant }>;

/** The first transaction of an emergency comes when the ledger does. */
const NO_TRANSACTION = '0'.repeat(64) as TxId;
const CHECKS = { sha256, isSignedBy, certifiedKey, assertionFault };

/**
 * The rules of `emergency:Open`, `Cosign` and `ApproveFullScope` on the last known state. Throws CALLER_UNKNOWN,
 * CALLER_INACTIVE, CALLER_NOT_ENTITLED, EMERGENCY_SUSPENDED or EMERGENCY_SAME_PERSON, and what
 * {@link requireOwnSignature} throws: a gateway holds certified keys, but not the passkey.
 */
export function requirePeople(
  { statement }: SignedDegradedRequest,
  signers: readonly Signer[],
  { people }: Pick<DegradedContext, 'people'>,
): Team {
  const [requester, cosigner, officer] = signers.map((signer, position) =>
    participant(signer, people[position], statement.declaredAt),
  );
  if (requester === undefined || cosigner === undefined)
    throw new DomainError('BAD_REQUEST', 'two clinicians sign');
  for (const one of [requester, cosigner]) requireRole(one, CLINICIAN_ROLES);
  if (officer !== undefined) requireDutyOfficer(officer, requester);
  const others = officer === undefined ? [cosigner] : [cosigner, officer];
  if (others.some(({ actor }) => samePerson(actor, requester.actor)))
    throw new DomainError('EMERGENCY_SAME_PERSON', 'the second signature must be another person’s');
  for (const signed of [requester, ...others])
    requireOwnSignature(signed.practitioner, { signed, statement }, CHECKS);
  const isOfficer = ({ practitioner }: Participant): boolean =>
    practitioner.role === 'medical-officer' && practitioner.mspId !== requester.mspId;
  const dutyOfficer = officer ?? (isOfficer(cosigner) ? cosigner : undefined);
  return { requester, cosigner, ...(dutyOfficer && { dutyOfficer }) };
}

/** Throws EMERGENCY_QUOTA if the last known emergencies, and those `pending` here, leave no room for one more. */
export function requireRoom(
  person: KnownPerson | undefined,
  pending: Readonly<{ own: number; hospital: number }>,
): void {
  const { uses = 0, hospitalUses = 0, hospitalQuota = 0 } = person ?? {};
  if (uses + pending.own >= CLINICIAN_QUOTA || hospitalUses + pending.hospital >= hospitalQuota)
    throw new DomainError('EMERGENCY_QUOTA', 'too many emergencies within a day');
}

function participant(
  signer: Signer,
  known: KnownPerson | undefined,
  at: SignedDegradedRequest['statement']['declaredAt'],
): Participant {
  const { mspId, practitionerId, fingerprint } = signer;
  const practitioner = known?.practitioner;
  if (practitioner?.mspId !== mspId || practitioner.practitionerId !== practitionerId)
    throw new DomainError('CALLER_UNKNOWN', 'the ledger knows no such practitioner');
  if (known?.hospital?.mspId !== mspId || known.hospital.status !== 'active')
    throw new DomainError('CALLER_INACTIVE', 'the hospital may not act');
  if (practitioner.status !== 'active')
    throw new DomainError('CALLER_INACTIVE', 'the practitioner may not act');
  if (known.suspended) throw new DomainError('EMERGENCY_SUSPENDED', 'a review is overdue or found abuse');
  const { personTag } = practitioner;
  const actor = { mspId, practitionerId, personTag, certificate: fingerprint, at, txId: NO_TRANSACTION };
  return { ...signer, practitioner, actor };
}

function requireDutyOfficer(officer: Participant, requester: Participant): void {
  requireRole(officer, ['medical-officer']);
  if (officer.mspId === requester.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'the duty officer must be of another hospital');
}

function requireRole({ practitioner }: Participant, roles: readonly string[]): void {
  if (!roles.includes(practitioner.role))
    throw new DomainError('CALLER_NOT_ENTITLED', `this is for ${roles.join(', ')}`);
}
