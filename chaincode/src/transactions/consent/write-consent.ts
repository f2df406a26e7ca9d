// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import type { Patient } from '../../domain/registry.js';
import { homePolicy, setPolicy } from '../../state/endorsement.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { consumeNonce } from '../../state/statements.js';
import { write } from '../../state/store.js';

/**
 * Writes a consent under the policy of the patient's home hospital. The handle's root is written too, blindly: its
 * policy demands the home hospital even for a consent that is new and has no policy of its own yet.
 */
export async function writeConsent(ledger: Ledger, patient: Patient, consent: Consent): Promise<void> {
  const { handle, consentId, nonce } = consent.statement;
  const key = keys.consent(handle, consentId);
  const policy = await homePolicy(ledger, patient.mspId);
  await consumeNonce(ledger, handle, nonce);
  await write(ledger, key, consent);
  await setPolicy(ledger, key, policy);
  await write(ledger, keys.consentRoot(handle), MARK);
}
