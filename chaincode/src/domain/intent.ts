// SPDX-License-Identifier: Apache-2.0
import { list, object, oneOf, union, type Decoded } from './decode.js';
import { bytes32, emergencyId, handle, intentId, type TxId } from './ids.js';
import type { Decision, Requester } from './policy.js';
import { segmentRef, type SegmentRef } from './record.js';
import type { Instant } from './time.js';
import { PURPOSES } from './vocabulary.js';

export const MAX_SEGMENTS_PER_INTENT = 256;
/** How long after its transaction's time custodians honour an intent, in milliseconds. */
export const INTENT_LIFETIME_MS = 15 * 60_000;

/** Under what an intent asks: the patient's consents, or an emergency. */
export const basis = union({
  consent: object({ kind: oneOf('consent') }),
  emergency: object({ kind: oneOf('emergency'), emergencyId }),
});
export type Basis = Decoded<typeof basis>;

/** Arguments of `access:DeclareIntent`; `sessionKey` is a fresh X25519 public key to which shares are sealed. */
export const declareIntent = object({
  intentId,
  handle,
  purpose: oneOf(...PURPOSES),
  basis,
  sessionKey: bytes32,
  segments: list(segmentRef, 1, MAX_SEGMENTS_PER_INTENT),
});
export type DeclareIntent = Decoded<typeof declareIntent>;

/** A declared intent on the ledger: what was asked, and what was decided for each segment. */
export type Intent = Readonly<
  Omit<DeclareIntent, 'segments'> & {
    v: 1;
    txId: TxId;
    requester: Requester;
    certificate: string;
    declaredAt: Instant;
    expiresAt: Instant;
    segments: readonly IntentSegment[];
  }
>;
export type IntentSegment = Readonly<SegmentRef & Decision>;

export const byIntent = object({ intentId });

/** Segments of an intent that were permitted. */
export function permitted(intent: Intent): readonly IntentSegment[] {
  return intent.segments.filter(({ decision }) => decision === 'permit');
}
