// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import type { Handle, MspId } from '../../domain/ids.js';
import { homePolicy, setPolicy, type HomePolicy } from '../../state/endorsement.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { write } from '../../state/store.js';
import type { VerifiedConsent } from './verify-consents.js';

/**
 * Writes consents, each under the policy of its patient's home hospital. The handles' roots are written too, blindly:
 * their policies demand the home hospital even for a consent that is new and has no policy of its own yet. No nonce is
 * used up: a consent is never removed, so its id and version alone let each statement in once.
 */
export async function writeConsents(
  ledger: Ledger,
  verified: readonly VerifiedConsent[],
): Promise<readonly Consent[]> {
  const policies = new Map<MspId, HomePolicy>();
  const handles = new Set<Handle>();
  const consents: Consent[] = [];
  for (const { patient, signed } of verified) {
    const policy = policies.get(patient.mspId) ?? (await homePolicy(ledger, patient.mspId));
    policies.set(patient.mspId, policy);
    handles.add(patient.handle);
    consents.push(await writeConsent(ledger, { patient, signed }, policy));
  }
  for (const handle of handles) await write(ledger, keys.consentRoot(handle), MARK);
  return consents;
}

async function writeConsent(
  ledger: Ledger,
  { patient: { keyVersion }, signed }: VerifiedConsent,
  policy: HomePolicy,
): Promise<Consent> {
  const { handle, consentId } = signed.statement;
  const key = keys.consent(handle, consentId);
  const consent: Consent = {
    ...{ ...signed, v: 1, grantedAt: ledger.now, txId: ledger.txId },
    ...(keyVersion > 1 && { keyVersion }),
  };
  await write(ledger, key, consent);
  await setPolicy(ledger, key, policy);
  return consent;
}
