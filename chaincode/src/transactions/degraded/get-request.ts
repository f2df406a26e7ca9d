// SPDX-License-Identifier: Apache-2.0
import { byRequestHash, degradedSigners, type DegradedRequest } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/**
 * Every custodian's entry about a request that was opened without the ledger, and the request itself once it is
 * verified who signed it: for custodians, which compare it with their journals, and for the gateways of the hospitals
 * that it concerns. It names a patient, a reason and clinicians.
 */
export const getRequest = evaluate(byRequestHash, async (reader, { requestHash }) => {
  await requireProcess(reader, ['custodian', 'gateway']);
  const [request, entries] = await Promise.all([
    read(reader, keys.degradedRequest(requestHash)),
    list(reader, keys.degradedEntry(requestHash)),
  ]);
  const isFor = reader.caller.role === 'custodian' || (await concerns(reader, request));
  if (!isFor || (request === undefined && entries.length === 0))
    throw new DomainError('NOT_FOUND', 'no such request');
  return { requestHash, ...request, entries };
});

/** Whether the caller's hospital is the patient's, or that of somebody who signed. */
async function concerns(reader: Reader, known: DegradedRequest | undefined): Promise<boolean> {
  if (known === undefined) return false;
  const { request } = known;
  const home = await read(reader, keys.patient(request.statement.handle));
  const signers = degradedSigners(request).map(({ mspId }) => mspId);
  return [home?.mspId, ...signers].includes(reader.caller.mspId);
}
