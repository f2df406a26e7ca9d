// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { signedRevocation, statementBytes, type SignedRevocation } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import type { HoldKind } from './hold-kind.js';
import { verifyHold } from './verify-hold.js';

/** Consents that their patients took back. Such a hold ends when its revocation commits, and never by time. */
export function consentHolds(ledger: Ledger): HoldKind<SignedRevocation> {
  return {
    name: 'revocation',
    decode: signedRevocation,
    keyOf: ({ statement }) => statement.consentId,
    verify: (signed, now) => verifyHold(signed, { ledger, now }),
    supersedes: () => false,
    transaction: 'consent:Revoke',
    concerns: ({ act, consentIds }, { statement }) =>
      act === 'consent-revoked' && consentIds?.includes(statement.consentId) === true,
    facts: ({ statement }) => ({
      requestHash: createHash('sha256').update(statementBytes(statement)).digest('base64url'),
      consentId: statement.consentId,
    }),
    lapsesAt: () => Infinity,
  };
}
