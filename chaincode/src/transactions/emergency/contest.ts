// SPDX-License-Identifier: Apache-2.0
import { contestEmergency, MAX_CONTESTS, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { consumeNonce, readGuardian, readSigner, requireSignature } from '../../state/statements.js';
import { submit } from '../../state/transaction.js';
import { emergencyFor, stepTaken } from './step.js';

/**
 * The patient, or a guardian, contests an emergency, at any point of its life; the signature is the authority, whichever
 * hospital submits it. Each has a number of contests of their own, so that a guardian's stolen key uses up no other's.
 */
export const contest = submit(contestEmergency, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { emergencyId, handle, nonce, guardianId } = signed.statement;
  const patient = await readSigner(ledger, handle);
  const guardian = guardianId && (await readGuardian(ledger, handle, guardianId));
  const signer = guardian ?? patient;
  requireSignature(ledger, signer, signed);
  const before = await emergencyFor(ledger, emergencyId, 'contest');
  if (before.handle !== handle) throw new DomainError('NOT_FOUND', 'no such emergency');
  if (before.contests.filter((one) => one.guardianId === guardianId).length >= MAX_CONTESTS)
    throw new DomainError('RATE_LIMITED', 'the signer has used up the contests of this emergency');
  await consumeNonce(ledger, signer, nonce);
  const by = guardianId === undefined ? {} : { guardianId };
  const contests = [...before.contests, { at: ledger.now, txId: ledger.txId, ...by }];
  const after: Emergency = { ...before, contests };
  return stepTaken(ledger, after, 'emergency-contested', by);
});
