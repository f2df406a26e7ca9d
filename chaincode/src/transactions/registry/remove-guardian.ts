// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { removeGuardian as request, type Guardian, type RemoveGuardian } from '../../domain/guardian.js';
import type { Patient } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import {
  consumeNonce,
  isStatementSignedBy,
  readGuardian,
  readSigner,
  requireFresh,
  requireSignature,
  type HandleSigner,
} from '../../state/statements.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** The patient ends a guardianship, or the guardian does. Nobody fetches what waits for a former guardian: an id names one guardian for good. */
export const removeGuardian = submit(request, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, guardianId, nonce, signedAt } = signed.statement;
  const patient = await readSigner(ledger, handle);
  const { before, signer } = await signedAbout(ledger, patient, signed);
  requireFresh(ledger, signedAt);
  await consumeNonce(ledger, signer, nonce);
  if (before.removedAt !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', 'this guardian is removed already');
  const after: Guardian = { ...before, removedAt: ledger.now };
  await write(ledger, keys.guardian(handle, guardianId), after);
  return { answer: after, audit: { act: 'guardian-removed', handle, guardianId } };
});

/** The guardian, and who signed: the patient, or the guardian while it counts. */
async function signedAbout(
  reader: Reader,
  patient: Patient,
  signed: RemoveGuardian,
): Promise<Readonly<{ before: Guardian; signer: HandleSigner }>> {
  const { handle, guardianId } = signed.statement;
  const isByPatient = isStatementSignedBy(patient.publicKey, signed.statement, signed.signature);
  const guardian = isByPatient
    ? await read(reader, keys.guardian(handle, guardianId))
    : await readGuardian(reader, handle, guardianId);
  if (guardian === undefined) throw new DomainError('NOT_FOUND', 'no such guardian');
  const signer = isByPatient ? patient : guardian;
  requireSignature(reader, signer, signed);
  return { before: guardian, signer };
}
