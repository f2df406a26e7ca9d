// SPDX-License-Identifier: Apache-2.0
import {
  isActiveAmong,
  requireStep,
  withFreePlaces,
  type Emergency,
  type EmergencyStep,
} from '../../domain/emergency.js';
import type { Act } from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import type { EmergencyId, GuardianId } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { readExisting, write } from '../../state/store.js';
import type { Submission } from '../../state/transaction.js';
import { vouchersOf } from './vouchers.js';

/** The emergency, if the step may be taken now; throws NOT_FOUND, FORBIDDEN_TRANSITION or EMERGENCY_EXPIRED. */
export async function emergencyFor(reader: Reader, id: EmergencyId, step: EmergencyStep): Promise<Emergency> {
  const emergency = await readExisting(reader, keys.emergency(id));
  requireStep(emergency, step, reader.now);
  return emergency;
}

/**
 * As {@link emergencyFor}, without those who vouched for it and may act no more. Any hospital's clinicians may vouch: else
 * one hospital would take the places and suspend its own people, and nobody else could vouch.
 */
export async function emergencyToVouchFor(
  reader: Reader,
  id: EmergencyId,
  step: EmergencyStep,
): Promise<Emergency> {
  const found = await readExisting(reader, keys.emergency(id));
  const emergency = withFreePlaces(found, isActiveAmong(await vouchersOf(reader, found)));
  requireStep(emergency, step, reader.now);
  if (emergency.withdrawn?.includes(reader.caller.mspId) === true)
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'a person of this hospital vouched for it and may act no more; somebody of another hospital vouches',
    );
  return emergency;
}

type Who = Readonly<{ role?: string; guardianId?: GuardianId }>;

/** Writes the emergency after a step, and says so in the audit. */
export async function stepTaken(
  ledger: Ledger,
  after: Emergency,
  act: Act,
  who: Who = {},
): Promise<Submission> {
  await write(ledger, keys.emergency(after.emergencyId), after);
  return submissionOf(after, act, who);
}

/** What a step answers and what the audit says of it. The answer leaves contests out, which a step does not read. */
export function submissionOf(emergency: Emergency, act: Act, who: Who = {}): Submission {
  const { emergencyId, handle } = emergency;
  return { answer: { ...emergency, contests: undefined }, audit: { act, handle, emergencyId, ...who } };
}
