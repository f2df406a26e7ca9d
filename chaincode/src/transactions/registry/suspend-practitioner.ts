// SPDX-License-Identifier: Apache-2.0
import { isSignedBy } from '@tutela/crypto/signatures';
import { DomainError } from '../../domain/errors.js';
import {
  requireSuspension,
  signedSuspension,
  suspensionAuthor,
  type Suspension,
} from '../../domain/suspension.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { replacePractitioner } from '../../state/practitioners.js';
import { read, readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * Takes an identity out of use when its own hospital or two others have signed that; the signatures are the authority,
 * whichever hospital submits them (cryptography §7, F12). It counts from the next block on, and beside any other that is in force:
 * a hospital that suspends its own person first does not keep the suspension by two others from the ledger.
 */
export const suspendPractitioner = submit(signedSuspension, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { mspId, practitionerId } = signed.statement;
  const key = keys.suspension(mspId, practitionerId, suspensionAuthor(signed));
  const [before, newest, signers] = await Promise.all([
    readExisting(ledger, keys.practitioner(mspId, practitionerId)),
    read(ledger, key),
    Promise.all(signed.signatures.map((by) => read(ledger, keys.practitioner(by.mspId, by.practitionerId)))),
  ]);
  const { channel, now } = ledger;
  const last = newest && { signedAt: newest.statement.signedAt, liftedAt: newest.liftedAt };
  requireSuspension(signed, { channel, now, signers, newest: last, isSignedBy });
  if (newest !== undefined && newest.liftedAt === undefined)
    throw new DomainError('ALREADY_EXISTS', 'these hospitals have suspended this identity already');
  const suspension: Suspension = { ...signed, v: 1, suspendedAt: now, txId: ledger.txId };
  await write(ledger, key, suspension);
  if (before.status === 'active')
    await replacePractitioner(ledger, before, { ...before, status: 'suspended' });
  return { answer: suspension, audit: { act: 'practitioner-suspended' } };
});
