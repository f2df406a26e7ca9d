// SPDX-License-Identifier: Apache-2.0
import type { Consent, ConsentId, Handle } from '@tutela/chaincode/domain';

/** Whether a patient's hold lies on a consent. */
export type IsHeld = (handle: Handle, consentId: ConsentId) => boolean;

/** Check 6: the consents without permits that the patient has taken back; a held refusal still refuses. */
export function withoutHeld(consents: readonly Consent[], isHeld: IsHeld): readonly Consent[] {
  return consents.filter(
    ({ statement }) => statement.decision === 'deny' || !isHeld(statement.handle, statement.consentId),
  );
}
