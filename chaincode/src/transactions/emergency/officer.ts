// SPDX-License-Identifier: Apache-2.0
import { findsAbuse, type Emergency, type Verdict } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { Practitioner } from '../../domain/registry.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { actorOf, tookPart } from './actor.js';

/** Roles that review emergencies. */
export const OFFICERS: readonly string[] = ['privacy-officer', 'medical-officer'];

/** Whether a person is an officer of the requester's hospital or of the patient's. */
export async function isOfficerFor(
  reader: Reader,
  { handle, requester }: Emergency,
  { role, mspId }: Practitioner,
): Promise<boolean> {
  if (!OFFICERS.includes(role)) return false;
  return mspId === requester.mspId || mspId === (await read(reader, keys.patient(handle)))?.mspId;
}

/** The caller as who begins a review; throws CALLER_NOT_ENTITLED, or EMERGENCY_SAME_PERSON for one who took part. */
export async function requireReviewer(reader: Reader, emergency: Emergency): Promise<Practitioner> {
  const officer = await requireImpartial(reader, emergency);
  if (!(await isOfficerFor(reader, emergency, officer))) throw notConcerned();
  return officer;
}

/**
 * The caller as who gives a verdict: as {@link requireReviewer}, or an officer of another member who finds abuse as one of
 * the two did, or takes that back. Else abuse by a hostile hospital's clinician would wait for that hospital's verdict.
 */
export async function requireJudge(
  reader: Reader,
  emergency: Emergency,
  verdict: Verdict,
): Promise<Practitioner> {
  const officer = await requireImpartial(reader, emergency);
  const found = emergency.reviews.filter(findsAbuse);
  const mayJoin = verdict === 'abuse' ? found.length > 0 : found.some(({ mspId }) => mspId === officer.mspId);
  if (!mayJoin && !(await isOfficerFor(reader, emergency, officer))) throw notConcerned();
  return officer;
}

async function requireImpartial(reader: Reader, emergency: Emergency): Promise<Practitioner> {
  const officer = await requirePractitioner(reader, OFFICERS);
  if (tookPart(emergency, actorOf(reader, officer)))
    throw new DomainError('EMERGENCY_SAME_PERSON', 'a person with a part in an emergency does not review it');
  return officer;
}

function notConcerned(): DomainError {
  return new DomainError('CALLER_NOT_ENTITLED', 'the reviewer must be of a hospital concerned');
}
