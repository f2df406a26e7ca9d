// SPDX-License-Identifier: Apache-2.0
import { contestEmergency, MAX_CONTESTS, type Contest, type Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { keys, MARK, signerName } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import {
  consumeNonce,
  readGuardian,
  readSigner,
  requireSignature,
  type HandleSigner,
} from '../../state/statements.js';
import { list, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { emergencyFor, submissionOf } from './step.js';

/**
 * The patient, or a guardian, contests an emergency, at any point of its life; the signature is the authority, whichever
 * hospital submits it. Each has a number of contests of their own, so that a guardian's stolen key uses up no other's.
 * A contest writes nothing that another signer's, or any other transaction that writes, reads: guardians can come and go
 * without end, and the openings of a hospital whose review is due read the emergency.
 */
export const contest = submit(contestEmergency, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { emergencyId, handle, nonce, guardianId } = signed.statement;
  const patient = await readSigner(ledger, handle);
  const guardian = guardianId && (await readGuardian(ledger, handle, guardianId));
  const signer = guardian ?? patient;
  requireSignature(ledger, signer, signed);
  const emergency = await emergencyFor(ledger, emergencyId, 'contest');
  if (emergency.handle !== handle) throw new DomainError('NOT_FOUND', 'no such emergency');
  await requireContestLeft(ledger, emergency, signer);
  await consumeNonce(ledger, signer, nonce);
  const { now: at, txId } = ledger;
  const by = guardianId === undefined ? {} : { guardianId };
  const contested: Contest = { at, txId, ...by };
  await write(ledger, keys.contest(emergencyId, signerName(signer), txId), contested);
  await write(ledger, keys.emergencyContested(emergency.requester.mspId, emergencyId), MARK);
  return submissionOf(emergency, 'emergency-contested', by);
});

async function requireContestLeft(
  reader: Reader,
  { emergencyId, contests = [] }: Emergency,
  signer: HandleSigner,
): Promise<void> {
  const earlier = contests.filter(({ guardianId }) => guardianId === signer.guardianId);
  const own = await list(reader, keys.contest(emergencyId, signerName(signer)));
  if (earlier.length + own.length >= MAX_CONTESTS)
    throw new DomainError('RATE_LIMITED', 'the signer has used up the contests of this emergency');
}
