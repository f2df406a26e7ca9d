// SPDX-License-Identifier: Apache-2.0
import { signedRevocation, type Consent } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { consumeNonce, readSigner, requireSignature } from '../../state/statements.js';
import { readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * Takes a consent back for good. Age does not matter here: a revocation only ever takes access away, and one that
 * was held back for days must still count.
 */
export const revoke = submit(signedRevocation, async (ledger, signed) => {
  await requireAnyone(ledger);
  const { handle, consentId, nonce } = signed.statement;
  const patient = await readSigner(ledger, handle);
  requireSignature(ledger, patient, signed);
  const before = await readExisting(ledger, keys.consent(handle, consentId));
  if (before.revocation !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'the consent is revoked already');
  await consumeNonce(ledger, patient, nonce);
  const revocation = { ...signed, revokedAt: ledger.now, txId: ledger.txId };
  const after: Consent = { ...before, revocation };
  await write(ledger, keys.consent(handle, consentId), after);
  return { answer: after, audit: { act: 'consent-revoked', handle, consentIds: [consentId] } };
});
