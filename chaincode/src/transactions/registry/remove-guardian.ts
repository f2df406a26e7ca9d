// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { removeGuardian as request, type Guardian, type RemoveGuardian } from '../../domain/guardian.js';
import type { Patient } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import {
  consumeNonce,
  isSignedBy,
  readGuardian,
  readSigner,
  requireFresh,
  requireSignature,
} from '../../state/statements.js';
import { list, read, remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { mailboxOf, noticeKey } from '../emergency/notices.js';

/** The patient ends a guardianship, or the guardian does; what waited in the guardian's mailbox goes with it. */
export const removeGuardian = submit(request, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, guardianId, nonce, signedAt } = signed.statement;
  const patient = await readSigner(ledger, handle);
  const before = await signedAbout(ledger, patient, signed);
  requireFresh(ledger, signedAt);
  await consumeNonce(ledger, handle, nonce);
  if (before.removedAt !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', 'this guardian is removed already');
  const after: Guardian = { ...before, removedAt: ledger.now };
  await write(ledger, keys.guardian(handle, guardianId), after);
  await emptyMailbox(ledger, patient, after);
  return { answer: after, audit: { act: 'guardian-removed', handle, guardianId } };
});

/** The guardian, if the patient's key signed, or the own one while it counts. */
async function signedAbout(reader: Reader, patient: Patient, signed: RemoveGuardian): Promise<Guardian> {
  const { handle, guardianId } = signed.statement;
  const isByPatient = isSignedBy(patient.publicKey, signed.statement, signed.signature);
  const guardian = isByPatient
    ? await read(reader, keys.guardian(handle, guardianId))
    : await readGuardian(reader, handle, guardianId);
  if (guardian === undefined) throw new DomainError('NOT_FOUND', 'no such guardian');
  requireSignature(reader, isByPatient ? patient : guardian, signed);
  return guardian;
}

async function emptyMailbox(
  ledger: Ledger,
  { mspId }: Patient,
  { handle, guardianId }: Guardian,
): Promise<void> {
  const mailbox = mailboxOf({ kind: 'guardian', handle, guardianId }, mspId);
  for (const notice of await list(ledger, keys.notice(...mailbox)))
    await remove(ledger, noticeKey(mailbox, notice));
}
