// SPDX-License-Identifier: Apache-2.0
import { integer, list, object, oneOf, text, union, type Decoded, type Decoder } from './decode.js';
import { ERROR_CODES } from './errors.js';
import {
  bytes32,
  consentId,
  emergencyId,
  enrolmentId,
  handle,
  intentId,
  mspId,
  recordId,
  segmentId,
  txId,
  type TxId,
} from './ids.js';
import type { Decision, Requester } from './policy.js';
import { segmentRef, type SegmentRef } from './record.js';
import { department } from './registry.js';
import { instant, type Instant } from './time.js';
import { PRACTITIONER_ROLES, PURPOSES } from './vocabulary.js';

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

const place = { recordId, version: integer(1, 1_000_000), segmentId };
const permittedSegment = object({ ...place, decision: oneOf('permit') }, { consentId });
const deniedSegment = object({ ...place, decision: oneOf('deny'), code: oneOf(...ERROR_CODES) });
const intentSegment: Decoder<IntentSegment> = (value, path) =>
  typeof value === 'object' && value !== null && 'decision' in value && value.decision === 'deny'
    ? deniedSegment(value, path)
    : permittedSegment(value, path);

/** An intent as the chaincode answered it: whoever holds it may have been told so before it was committed, or never committed it. */
export const declaredIntent: Decoder<Intent> = object({
  v: oneOf(1),
  intentId,
  handle,
  purpose: oneOf(...PURPOSES),
  basis,
  sessionKey: bytes32,
  txId,
  requester: object({ mspId, practitionerId: enrolmentId, role: oneOf(...PRACTITIONER_ROLES), department }),
  certificate: text(64, /^[0-9a-f]{64}$/),
  declaredAt: instant,
  expiresAt: instant,
  segments: list(intentSegment, 1, MAX_SEGMENTS_PER_INTENT),
});

/** Arguments of `access:PreviewReleaseContext`. */
export const previewReleaseContext = object({ intent: declaredIntent });

/** Segments of an intent that were permitted. */
export function permitted(intent: Intent): readonly IntentSegment[] {
  return intent.segments.filter(({ decision }) => decision === 'permit');
}
