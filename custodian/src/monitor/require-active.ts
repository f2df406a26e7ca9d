// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ReleaseContext } from '@tutela/chaincode/domain';

/** Check 3: person and hospital may act *now*, whatever they were when the intent was declared. */
export function requireActive({
  intent,
  hospital,
  practitioner,
}: Pick<ReleaseContext, 'intent' | 'hospital' | 'practitioner'>): void {
  const { mspId, practitionerId } = intent.requester;
  if (
    hospital.mspId !== mspId ||
    practitioner.mspId !== mspId ||
    practitioner.practitionerId !== practitionerId
  )
    throw new DomainError('CALLER_UNKNOWN', 'the requester is not known on the ledger');
  if (hospital.status !== 'active') throw new DomainError('CALLER_INACTIVE', 'the hospital may not act');
  if (practitioner.status !== 'active')
    throw new DomainError('CALLER_INACTIVE', 'the practitioner may not act');
}
