// SPDX-License-Identifier: Apache-2.0
import {
  factsOf,
  samePerson,
  type Actor,
  type Emergency,
  type EmergencyFacts,
} from '../../domain/emergency.js';
import type { Practitioner } from '../../domain/registry.js';
import type { StepUp, StepUpAct } from '../../domain/step-up.js';
import type { Reader } from '../../state/ledger.js';
import { requireStepUp } from '../../state/step-up.js';

/** The calling practitioner as someone who acts in an emergency, and whose passkey says so. */
export function steppedUp(
  ledger: Reader,
  person: Practitioner,
  { act, stepUp, emergency }: Readonly<{ act: StepUpAct; stepUp: StepUp; emergency: EmergencyFacts }>,
): Actor {
  requireStepUp(ledger, person, { act, subject: factsOf(emergency), stepUp });
  return { ...actorOf(ledger, person), stepUp };
}

/** The calling practitioner as someone who acts in an emergency. */
export function actorOf({ caller, now, txId }: Reader, person: Practitioner): Actor {
  const { mspId, practitionerId, personTag } = person;
  return { mspId, practitionerId, personTag, certificate: caller.certificate, at: now, txId };
}

/** Whether an actor took part in an emergency, as whatever and under whatever enrolment. */
export function tookPart({ requester, cosigner, dutyOfficer }: Emergency, actor: Actor): boolean {
  return [requester, cosigner, dutyOfficer].some(
    (participant) => participant !== undefined && samePerson(participant, actor),
  );
}
