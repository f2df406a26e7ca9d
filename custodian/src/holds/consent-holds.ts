// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  signedRevocation,
  statementBytes,
  type Handle,
  type RevocationStatement,
  type SignedRevocation,
} from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { Remembered } from '../ledger/remembered.js';
import type { HoldKind } from './hold-kind.js';
import { askForPatient, isHoldOver, verifyHold, type PatientOf } from './verify-hold.js';

/**
 * Consents that their patients took back. Such a hold ends when its revocation commits, or when another key has taken
 * the place of the one that signed it, since what that key permitted counts no more; never by time.
 */
export function consentHolds({
  ledger,
  ...parts
}: Readonly<{ ledger: Ledger; chain: Pick<Chain, 'head'>; clock: Clock }>): HoldKind<SignedRevocation> {
  const patients = new Remembered((of: Handle) => askForPatient(ledger, of), parts);
  const patientOf: PatientOf = (of) => patients.get(of);
  return {
    name: 'revocation',
    decode: signedRevocation,
    keyOf: ({ statement }) => consentKey(statement),
    subjectOf: ({ statement }) => consentKey(statement),
    verify: (signed, now) => verifyHold(signed, { ledger, patientOf, now }),
    isOver: (signed) => isHoldOver(signed, ledger),
    hospitalOf: async ({ statement }) => (await patientOf(statement.handle)).mspId,
    supersedes: (signed, standing) => signed.statement.signedAt > standing.statement.signedAt,
    transaction: 'consent:Revoke',
    nameOf: ({ statement }) => statement.handle,
    touchedBy: ({ act, handle }) => (act === 'consent-revoked' || act === 'key-rotated' ? handle : undefined),
    concerns: ({ act, consentIds }, { statement }) =>
      act === 'key-rotated' || consentIds?.includes(statement.consentId) === true,
    facts: ({ statement }) => ({
      requestHash: createHash('sha256').update(statementBytes(statement)).digest('base64url'),
      consentId: statement.consentId,
    }),
    lapsesAt: () => Infinity,
  };
}

/** Under what a consent's hold is kept: a consent's id is unique within its handle only. */
export function consentKey({ handle, consentId }: Pick<RevocationStatement, 'handle' | 'consentId'>): string {
  return `${handle}~${consentId}`;
}
