// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  lapsesAt,
  msOf,
  signedSuspension,
  suspensionAuthor,
  tagged,
  type IdentityRef,
  type SignedSuspension,
} from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import { isOverBy, type HoldKind } from './hold-kind.js';
import { verifySuspension } from './verify-suspension.js';

/** Whether an identity is held. */
export type IsIdentityHeld = (identity: IdentityRef) => boolean;

/**
 * Identities that their own hospital, or two others, took out of use. Such a hold ends when the
 * ledger says so too, or a day after it was signed.
 */
export function identityHolds(ledger: Ledger, isHeld: IsIdentityHeld): HoldKind<SignedSuspension> {
  return {
    name: 'suspension',
    decode: signedSuspension,
    keyOf: (signed) => `${identityKey(signed.statement)}~${authorKey(signed)}`,
    subjectOf: ({ statement }) => identityKey(statement),
    verify: (signed, now) => verifySuspension(signed, { ledger, now, isHeld }),
    isOver: (signed, now) => isOverBy(verifySuspension(signed, { ledger, now, isHeld })),
    hospitalOf: ({ signatures }) =>
      Promise.resolve([...new Set(signatures.map(({ mspId }) => mspId))].sort().join('+')),
    supersedes: (signed, standing) => signed.statement.signedAt > standing.statement.signedAt,
    transaction: 'registry:SuspendPractitioner',
    nameOf: () => 'practitioner',
    touchedBy: ({ act }) =>
      act === 'practitioner-suspended' || act === 'practitioner-changed' ? 'practitioner' : undefined,
    concerns: () => true,
    facts: ({ statement }) => ({
      requestHash: createHash('sha256')
        .update(tagged('Tutela-v1-statement-suspension', statement))
        .digest('base64url'),
      identity: { mspId: statement.mspId, practitionerId: statement.practitionerId },
    }),
    lapsesAt: ({ statement }) => msOf(lapsesAt(statement.signedAt)),
  };
}

/** The identity as one text. */
export function identityKey({ mspId, practitionerId }: IdentityRef): string {
  return `${mspId}~${practitionerId}`;
}

/** One hold for each author of suspensions, so that a hospital's hold on its own person hides none of two others. */
function authorKey(signed: SignedSuspension): string {
  return createHash('sha256').update(suspensionAuthor(signed)).digest('hex').slice(0, 32);
}
