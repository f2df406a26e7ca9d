// SPDX-License-Identifier: Apache-2.0
import { samePerson, type Actor, type Emergency } from '../../domain/emergency.js';
import type { Practitioner } from '../../domain/registry.js';
import type { Reader } from '../../state/ledger.js';

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
