// SPDX-License-Identifier: Apache-2.0
import { registerGuardian as request } from '../../domain/guardian.js';
import { requireAnyone } from '../../state/caller.js';
import { consumeNonce, readSigner, requireFresh, requireSignature } from '../../state/statements.js';
import { submit } from '../../state/transaction.js';
import { moveLeftBehind, requireProven, requireRoom, writeGuardian } from './guardians.js';

/** A patient names a guardian, who agrees by the own key; whoever carries it, the two signatures are the authority. */
export const registerGuardian = submit(request, async (ledger, { statement, signature, proof }) => {
  await requireAnyone(ledger);
  const { handle, guardianId, signedAt, nonce } = statement;
  const patient = await readSigner(ledger, handle);
  requireSignature(ledger, patient, { statement, signature });
  requireProven(ledger, handle, { statement, proof });
  requireFresh(ledger, signedAt);
  await consumeNonce(ledger, patient, nonce);
  await requireRoom(ledger, handle);
  const guardian = await writeGuardian(ledger, { statement }, 'patient');
  await moveLeftBehind(ledger, handle);
  return { answer: guardian, audit: { act: 'guardian-registered', handle, guardianId } };
});
