// SPDX-License-Identifier: Apache-2.0
import { EMERGENCY_REASONS, MAX_SEGMENTS_PER_INTENT, MAX_TIME_BOX_MINUTES } from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { z } from './zod.js';

/** What a clinician says of an emergency before it has a name. */
export const newEmergency = {
  handle: ids.handle.given,
  reason: z.enum(EMERGENCY_REASONS),
  reasonHash: ids.bytes32,
  scope: z.enum(['summary', 'full']),
  timeBoxMinutes: z.int().min(1).max(MAX_TIME_BOX_MINUTES),
};

export const place = z.strictObject({
  recordId: ids.recordId.shown,
  version: z.int().min(1),
  segmentId: ids.segmentId.shown,
});

/** What clinicians sign while the ledger stalls. */
export const shownStatement = z
  .strictObject({
    ...newEmergency,
    ...{ v: z.literal(1), kind: z.literal('degraded-emergency'), handle: ids.handle.shown },
    channel: z.string().regex(/^[a-z0-9.-]{1,64}$/),
    requester: z.strictObject({ mspId: ids.mspId.shown, practitionerId: ids.practitionerId.shown }),
    sessionKey: ids.bytes32,
    segments: z.array(place).min(1).max(MAX_SEGMENTS_PER_INTENT),
    declaredAt: ids.instant.shown,
    nonce: ids.nonce,
  })
  .openapi('DegradedStatement');
