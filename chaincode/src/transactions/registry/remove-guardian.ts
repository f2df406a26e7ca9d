// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { removeGuardian as request, type Guardian, type RemoveGuardian } from '../../domain/guardian.js';
import type { Patient } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
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
import { submit } from '../../state/transaction.js';
import { findGuardian, isFormer, moveLeftBehind, moveToFormer } from './guardians.js';

/**
 * The patient ends a guardianship, or the guardian does. What waits for a former guardian is fetched by no other person: an
 * id names one guardian for good.
 */
export const removeGuardian = submit(request, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, guardianId, nonce, signedAt } = signed.statement;
  const patient = await readSigner(ledger, handle);
  const { before, signer } = await signedAbout(ledger, patient, signed);
  requireFresh(ledger, signedAt);
  await consumeNonce(ledger, signer, nonce);
  if (isFormer(before)) throw new DomainError('FORBIDDEN_TRANSITION', 'this guardian is removed already');
  const after: Guardian = { ...before, removedAt: ledger.now };
  await moveToFormer(ledger, after);
  await moveLeftBehind(ledger, handle);
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
    ? await findGuardian(reader, handle, guardianId)
    : await readGuardian(reader, handle, guardianId);
  if (guardian === undefined) throw new DomainError('NOT_FOUND', 'no such guardian');
  const signer = isByPatient ? patient : guardian;
  requireSignature(reader, signer, signed);
  return { before: guardian, signer };
}
