// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { Handle } from '../../domain/ids.js';
import { byHandle, type Patient } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** One handle, for the hospital that opened it and for custodians; to anyone else it does not exist. */
export const getPatient = evaluate(byHandle, (reader, { handle }) => patientFor(reader, handle));

/** The patient, if the caller may know the handle; throws NOT_FOUND. */
export async function patientFor(reader: Reader, handle: Handle): Promise<Patient> {
  await requireAnyone(reader);
  const patient = await read(reader, keys.patient(handle));
  const mayKnow = patient?.mspId === reader.caller.mspId || reader.caller.role === 'custodian';
  if (patient === undefined || !mayKnow) throw new DomainError('NOT_FOUND', 'no such patient');
  return patient;
}
