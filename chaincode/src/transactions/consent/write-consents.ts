// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { write } from '../../state/store.js';
import { makeRoom } from './make-room.js';
import type { VerifiedConsent } from './verify-consents.js';

/** A verified consent, with the reads that its earlier versions leave it. */
type NewConsent = VerifiedConsent & Pick<Consent, 'readsCarried'>;

/**
 * Writes verified consents, for which their handles must have room. No nonce is used up: a consent is kept when it has
 * ended, so its id and version let each statement in once.
 */
export async function writeConsents(
  ledger: Ledger,
  verified: readonly NewConsent[],
): Promise<readonly Consent[]> {
  await makeRoom(
    ledger,
    verified.map(({ signed }) => signed.statement),
  );
  return Promise.all(verified.map((one) => writeConsent(ledger, one)));
}

async function writeConsent(
  ledger: Ledger,
  { patient: { keyVersion }, signed, readsCarried = 0 }: NewConsent,
): Promise<Consent> {
  const { handle, consentId } = signed.statement;
  const consent: Consent = {
    ...signed,
    v: 1,
    grantedAt: ledger.now,
    txId: ledger.txId,
    ...(keyVersion > 1 && { keyVersion }),
    ...(readsCarried > 0 && { readsCarried }),
  };
  await write(ledger, keys.consent(handle, consentId), consent);
  return consent;
}
