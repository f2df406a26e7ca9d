// SPDX-License-Identifier: Apache-2.0
import { HOSPITAL_QUOTA } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { readEmergency } from '../../state/emergencies.js';
import { keys, type FoundAbuse, type Person } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list, listNamed } from '../../state/store.js';
import { reviewDueAt } from './review-due.js';

/** A hospital's overdue reviews and verdicts of abuse, with the clinicians they concern. */
export type Reproaches = Readonly<{ overdue: readonly Person[]; abuses: readonly FoundAbuse[] }>;

/** What stands against a hospital and its clinicians at the transaction's time; nobody needs to have acted on it. */
export async function reproaches(reader: Reader, of: MspId): Promise<Reproaches> {
  const [due, abuses] = await Promise.all([
    listNamed(reader, keys.emergencyDue(of)),
    list(reader, keys.emergencyAbuse(of)),
  ]);
  const late = due.filter(({ value }) => value.reviewDueAt <= reader.now);
  const overdue = await Promise.all(
    late.map(async (entry) => ((await isLate(reader, entry)) ? [entry.value] : [])),
  );
  return { overdue: overdue.flat(), abuses };
}

async function isLate(reader: Reader, entry: Readonly<{ name: string }>): Promise<boolean> {
  const emergency = await readEmergency(reader, entry);
  return emergency !== undefined && (await reviewDueAt(reader, emergency)) <= reader.now;
}

/** Whether a clinician, under whatever enrolment, has lost the right to emergencies. */
export function isSuspended({ overdue, abuses }: Reproaches, person: Person): boolean {
  return [...overdue, ...abuses].some(
    ({ practitionerId, personTag }) =>
      practitionerId === person.practitionerId || personTag === person.personTag,
  );
}

/** Throws EMERGENCY_SUSPENDED if the clinician has lost the right to emergencies. */
export function requireNotSuspended(against: Reproaches, person: Person): void {
  if (isSuspended(against, person))
    throw new DomainError('EMERGENCY_SUSPENDED', 'a review is overdue or found abuse');
}

/**
 * How many emergencies a hospital may open in the window; half while a review is overdue or other hospitals found abuse.
 * What it is known to have found itself costs it nothing, or it would find nothing.
 */
export function hospitalQuota({ overdue, abuses }: Reproaches): number {
  const isHalved = overdue.length > 0 || abuses.some(({ foundByOthers }) => foundByOthers !== false);
  return isHalved ? Math.floor(HOSPITAL_QUOTA / 2) : HOSPITAL_QUOTA;
}
