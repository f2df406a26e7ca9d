// SPDX-License-Identifier: Apache-2.0
import { EMERGENCY_REASONS, EMERGENCY_STATES, SEGMENT_CLASSES, VERDICTS } from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { category, consentStatement, purpose, revocationStatement } from './statements.js';
import { z } from './zod.js';

const sizeBytes = z.int().min(0);

export const storedRecord = z
  .object({
    recordId: ids.recordId.shown,
    version: z.int().min(1),
    segments: z.array(z.object({ segmentId: ids.segmentId.shown, category, size: sizeBytes })),
    manifestHash: ids.bytes32,
    hospitals: z.int().min(1),
    ...ids.written,
  })
  .openapi('StoredRecord');

export const recordSummary = z
  .object({
    recordId: ids.recordId.shown,
    version: z.int().min(1),
    handle: ids.handle.shown,
    author: ids.mspId.shown,
    registeredAt: ids.instant.shown,
    manifestHash: ids.bytes32,
    segments: z.array(
      z.object({
        segmentId: ids.segmentId.shown,
        category,
        class: z.enum(SEGMENT_CLASSES),
        month: ids.month.shown,
        size: sizeBytes,
      }),
    ),
  })
  .openapi('Record');

export const uploadState = z
  .object({ uploadId: z.string(), offset: sizeBytes, expiresAt: z.string() })
  .openapi('Upload');

export const consent = z
  .object({
    v: z.literal(1),
    statement: consentStatement,
    signature: ids.p256Signature,
    grantedAt: ids.instant.shown,
    keyVersion: z.int().min(2).optional(),
    readsCarried: z.int().min(1).optional(),
    txId: ids.txId.shown,
    revocation: z
      .object({
        statement: revocationStatement,
        signature: ids.p256Signature,
        revokedAt: ids.instant.shown,
        txId: ids.txId.shown,
      })
      .optional(),
    replacedAt: ids.instant.shown.optional(),
  })
  .openapi('Consent');

/** An answer has only what is permitted. */
const permittedSegment = z.object({
  recordId: ids.recordId.shown,
  version: z.int().min(1),
  segmentId: ids.segmentId.shown,
  decision: z.literal('permit'),
  consentId: ids.consentId.shown.optional(),
});

export const declaredIntent = z
  .object({
    intentId: ids.intentId.shown,
    expiresAt: z.string(),
    segments: z.array(permittedSegment),
    ...ids.written,
  })
  .openapi('DeclaredIntent');

export const intent = z
  .object({
    intentId: ids.intentId.shown,
    handle: ids.handle.shown,
    purpose,
    declaredAt: ids.instant.shown,
    expiresAt: ids.instant.shown,
    segments: z.array(permittedSegment),
    ...ids.written,
  })
  .openapi('Intent');

const actor = z.object({
  mspId: ids.mspId.shown,
  practitionerId: ids.practitionerId.shown,
  at: ids.instant.shown,
  txId: ids.txId.shown,
});

export const emergency = z
  .object({
    emergencyId: ids.emergencyId.shown,
    handle: ids.handle.shown,
    reason: z.enum(EMERGENCY_REASONS),
    reasonHash: ids.bytes32,
    scope: z.enum(['summary', 'full']),
    timeBoxMinutes: z.int(),
    state: z.enum(EMERGENCY_STATES),
    requester: actor,
    cosigner: actor.optional(),
    dutyOfficer: actor.optional(),
    /** Hospitals that vouch for it no more, since a person of theirs did and may act no more. */
    withdrawn: z.array(ids.mspId.shown).optional(),
    expiresAt: ids.instant.shown,
    reviewDueAt: ids.instant.shown,
    closedAt: ids.instant.shown.optional(),
    reviewStartedAt: ids.instant.shown.optional(),
    /** The newest verdict of each hospital that gave one; abuse counts once the requester's own finds it, or two others. */
    reviews: z.array(actor.extend({ verdict: z.enum(VERDICTS), findingsHash: ids.bytes32 })),
    /** The oldest first: all of the patient’s, and of many guardians’ a bounded number. */
    contests: z.array(
      z.object({
        at: ids.instant.shown,
        txId: ids.txId.shown,
        guardianId: ids.guardianId.shown.optional(),
      }),
    ),
    /** Hash of the request that opened it while the ledger stalled. */
    degradedRequest: ids.bytes32.optional(),
  })
  .openapi('Emergency');
