// SPDX-License-Identifier: Apache-2.0
import { statementBytes, type Consent, type ReleaseContext } from '@tutela/chaincode/domain';
import { isSignedBy } from '../identity.js';

/**
 * Check 4: the consents of current state, each with the patient's signature verified again under the patient's
 * present key. A deny counts even unsigned: a forged refusal takes nothing that a forged permit could give.
 */
export function verifiedConsents(
  { consents, patient, intent }: Pick<ReleaseContext, 'consents' | 'patient' | 'intent'>,
  channel: string,
): Readonly<{ valid: readonly Consent[]; forged: readonly Consent[] }> {
  const isGenuine = ({ statement, signature }: Consent): boolean =>
    statement.channel === channel &&
    statement.handle === intent.handle &&
    patient.handle === intent.handle &&
    isSignedBy(patient.publicKey, statementBytes(statement), signature);
  const forged = consents.filter((consent) => consent.statement.decision === 'permit' && !isGenuine(consent));
  return { valid: consents.filter((consent) => !forged.includes(consent)), forged };
}
