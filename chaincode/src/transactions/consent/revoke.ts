// SPDX-License-Identifier: Apache-2.0
import { signedRevocation, type Consent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { consumeNonce, readSigner, requireSignature } from '../../state/statements.js';
import { submit } from '../../state/transaction.js';
import { existingConsent, moveToEnded } from './found.js';

/**
 * Takes a consent back for good. Age does not matter here: a revocation only ever takes access away, and one that
 * was held back for days must still count.
 */
export const revoke = submit(signedRevocation, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, consentId, nonce } = signed.statement;
  const patient = await readSigner(ledger, handle);
  requireSignature(ledger, patient, signed);
  const { consent: before, isStanding } = await existingConsent(ledger, signed.statement);
  // An earlier version left a revoked consent among those that stand.
  if (before.revocation !== undefined && !isStanding)
    throw new DomainError('ALREADY_EXISTS', 'the consent is revoked already');
  await consumeNonce(ledger, patient, nonce);
  const revocation = before.revocation ?? { ...signed, revokedAt: ledger.now, txId: ledger.txId };
  const after: Consent = { ...before, revocation };
  await moveToEnded(ledger, after);
  return { answer: after, audit: { act: 'consent-revoked', handle, consentIds: [consentId] } };
});
