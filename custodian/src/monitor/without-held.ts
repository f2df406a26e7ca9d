// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '@tutela/chaincode/domain';

/** Whether a patient's hold lies on a consent that was signed at some time. */
export type IsHeld = (
  consent: Pick<Consent['statement'], 'handle' | 'consentId' | 'signedAt'>,
) => Promise<boolean>;

/** Check 6: the consents without permits that the patient has taken back; a held refusal still refuses. */
export async function withoutHeld(consents: readonly Consent[], isHeld: IsHeld): Promise<readonly Consent[]> {
  const kept: Consent[] = [];
  for (const consent of consents) {
    const { statement } = consent;
    if (statement.decision === 'deny' || !(await isHeld(statement))) kept.push(consent);
  }
  return kept;
}
