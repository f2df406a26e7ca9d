// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentId, MspId } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';

/** Whether a clinician has lost the right to emergencies: a review is overdue, or a verdict was abuse. */
export async function suspensionOf(reader: Reader, of: MspId, person: EnrolmentId): Promise<boolean> {
  const { overdue, abuses } = await reproaches(reader, of);
  return [...overdue, ...abuses].some(({ practitionerId }) => practitionerId === person);
}

/** A hospital's overdue reviews and verdicts of abuse, with the clinicians they concern. */
export async function reproaches(
  reader: Reader,
  of: MspId,
): Promise<Readonly<Record<'overdue' | 'abuses', readonly Readonly<{ practitionerId: EnrolmentId }>[]>>> {
  const [due, abuses] = await Promise.all([
    list(reader, keys.emergencyDue(of)),
    list(reader, keys.emergencyAbuse(of)),
  ]);
  return { overdue: due.filter(({ reviewDueAt }) => reviewDueAt <= reader.now), abuses };
}
