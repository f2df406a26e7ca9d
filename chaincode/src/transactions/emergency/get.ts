// SPDX-License-Identifier: Apache-2.0
import { byEmergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { CLINICIAN_ROLES } from '../../domain/vocabulary.js';
import { isProcess, requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { OFFICERS } from './officer.js';
import { viewOf } from './contests.js';
import { concerns } from './visible.js';

/** One emergency, for the hospitals concerned, custodians, and clinicians and officers who were given its id to vouch or to judge. */
export const get = evaluate(byEmergency, async (reader, { emergencyId }) => {
  await requireAnyone(reader);
  const emergency = await read(reader, keys.emergency(emergencyId));
  const home = emergency && (await read(reader, keys.patient(emergency.handle)))?.mspId;
  if (emergency === undefined || !(concerns(reader, emergency, home) || (await mayBeAsked(reader))))
    throw new DomainError('NOT_FOUND', 'no such emergency');
  return viewOf(reader, emergency);
});

async function mayBeAsked(reader: Reader): Promise<boolean> {
  if (isProcess(reader)) return false;
  const person = await read(reader, keys.practitioner(reader.caller.mspId, reader.caller.id));
  return person !== undefined && [...CLINICIAN_ROLES, ...OFFICERS].includes(person.role);
}
