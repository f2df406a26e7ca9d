// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from './consent.js';
import { integer, object, oneOf, text, union, type Decoded } from './decode.js';
import type { ErrorCode } from './errors.js';
import {
  auditReadId,
  enrolmentId,
  handle,
  mspId,
  nonce,
  p256Signature,
  txId,
  type ConsentId,
  type EmergencyId,
  type EnrolmentId,
  type GuardianId,
  type Handle,
  type IntentId,
  type MspId,
  type RecordId,
  type TxId,
} from './ids.js';
import type { Intent, IntentSegment } from './intent.js';
import type { Period } from './period.js';
import { instant, later, type Instant } from './time.js';
import type { Purpose } from './vocabulary.js';

/** Everything that leaves an audit entry. */
export const ACTS = [
  'hospital-registered',
  'practitioner-registered',
  'practitioner-changed',
  'passkey-registered',
  'passkey-removed',
  'practitioner-suspended',
  'suspension-lifted',
  'system-registered',
  'system-changed',
  'patient-registered',
  'key-rotation-requested',
  'key-rotation-approved',
  'key-rotation-cancelled',
  'key-rotated',
  'guardian-registered',
  'guardian-removed',
  'custodian-registered',
  'record-registered',
  'record-erased',
  'erasure-confirmed',
  'record-retirement-ordered',
  'record-retirement-cancelled',
  'record-retired',
  'retirement-confirmed',
  'content-corrupt',
  'consent-granted',
  'consent-replaced',
  'consent-revoked',
  'intent-declared',
  'emergency-opened',
  'emergency-cosigned',
  'emergency-scope-approved',
  'emergency-closed',
  'emergency-review-begun',
  'emergency-reviewed',
  'emergency-contested',
  'notices-fetched',
  'audit-read',
  'ceremony-started',
  'ceremony-joined',
  'ceremony-dealt',
  'ceremony-confirmed',
  'ceremony-complained',
  'ceremony-aborted',
  'custody-activated',
  'custodian-accused',
  'heartbeat',
  'act-sighted',
  'degraded-voted',
  'degraded-posted',
] as const;
export type Act = (typeof ACTS)[number];

/** One line of the audit: who did what, when, about whom, and how it ended; ids and codes only. */
export type AuditEntry = Readonly<{
  v: 1;
  txId: TxId;
  at: Instant;
  act: Act;
  actor: Readonly<{ mspId: MspId; id: EnrolmentId; role: string }>;
  outcome: 'permitted' | 'refused' | 'partly-refused';
  codes?: readonly ErrorCode[];
  handle?: Handle;
  purpose?: Purpose;
  recordIds?: readonly RecordId[];
  intentId?: IntentId;
  consentIds?: readonly ConsentId[];
  emergencyId?: EmergencyId;
  /** The hospital that asked, where the ledger does not know which of its people did. */
  hospital?: MspId;
  /** The guardian who signed, where it was not the patient. */
  guardianId?: GuardianId;
}>;

/** What a reading of the audit covers. A patient's scope carries the patient's signature over {@link auditReadStatement}. */
export const auditScope = union({
  handle: object({ kind: oneOf('handle'), handle }, { signature: p256Signature, nonce }),
  practitioner: object({ kind: oneOf('practitioner'), mspId, practitionerId: enrolmentId }),
  hospital: object({ kind: oneOf('hospital'), mspId }),
});
export type AuditScope = Decoded<typeof auditScope>;

/** Arguments of `audit:DeclareRead`: no reading of the audit without a committed declaration. */
export const declareAuditRead = object({ auditReadId, scope: auditScope, from: instant, until: instant });
export type DeclareAuditRead = Decoded<typeof declareAuditRead>;
export type AuditRead = Readonly<
  DeclareAuditRead & { v: 1; txId: TxId; reader: AuditEntry['actor']; declaredAt: Instant }
>;

/** Arguments of `audit:Query`, an evaluation that cites the declaration. */
export const queryAudit = object({ auditReadId, pageSize: integer(1, 200) }, { bookmark: text(1024) });
/** `settledUntil`: no entry of an earlier time can still appear; absent while the ledger has no period yet. */
export type AuditPage = Readonly<{
  entries: readonly AuditEntry[];
  bookmark?: string;
  settledUntil?: Instant;
}>;

/**
 * How far the time of an act may be ahead of an honest one that was committed after it: an entry's time is its
 * client's, within the clock skew of an honest clock, and honest clocks differ by as much.
 */
export const AHEAD_MS = 2 * CLOCK_SKEW_MS;

/** Where a declared reading ends: one that goes up to the present takes in what claims to be ahead of it. */
export function readingEnd({ until, declaredAt }: Pick<AuditRead, 'until' | 'declaredAt'>): Instant {
  return until < later(declaredAt, -AHEAD_MS) ? until : later(declaredAt, AHEAD_MS);
}

/** Before which time no entry can still appear: one that is endorsed in this period claims none that is earlier. */
export function settledUntil(present: Period): Instant {
  return later(present.at, -CLOCK_SKEW_MS - AHEAD_MS);
}

/** Arguments of `audit:GetEntry`; a handle chooses among the entries of a transaction about several patients. */
export const byTransaction = object({ txId }, { handle });

/** What one intent opened of a patient's records; the keys of these segments were known to the requester. */
export type Exposure = Readonly<
  Pick<Intent, 'intentId' | 'txId' | 'requester' | 'purpose' | 'basis' | 'declaredAt'> & {
    segments: readonly IntentSegment[];
  }
>;
export type ExposurePage = Readonly<{ exposures: readonly Exposure[]; bookmark?: string }>;

/** What a patient signs to read the own log through one hospital. */
export function auditReadStatement<T extends string>(
  channel: string,
  through: MspId,
  request: Readonly<{ auditReadId: string; handle: T; from: string; until: string; nonce: string }>,
): Readonly<{ channel: string; handle: T; through: MspId }> {
  const { auditReadId: id, handle: patient, from, until, nonce: once } = request;
  const about = { v: 2, kind: 'audit-read', channel, auditReadId: id, handle: patient, through };
  const asked = { from, until, nonce: once };
  return { ...about, ...asked };
}
