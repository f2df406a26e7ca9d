// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '@tutela/chaincode/domain';

/** Whether a patient's hold lies on a consent that was signed at some time. */
export type IsHeld = (consent: Pick<Consent['statement'], 'handle' | 'consentId' | 'signedAt'>) => boolean;

/** Check 6: the consents without permits that the patient has taken back; a held refusal still refuses. */
export function withoutHeld(consents: readonly Consent[], isHeld: IsHeld): readonly Consent[] {
  return consents.filter(({ statement }) => statement.decision === 'deny' || !isHeld(statement));
}
