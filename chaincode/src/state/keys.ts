// SPDX-License-Identifier: Apache-2.0
import type { CeremonyOutcome } from '@tutela/crypto/verify';
import type { AuditEntry, AuditRead } from '../domain/audit.js';
import type { Consent } from '../domain/consent.js';
import type { CeremonyPace } from '../domain/ceremony-pace.js';
import type { Accusation } from '../domain/accusation.js';
import type { CustodianSet, Heartbeat } from '../domain/custody.js';
import type { DegradedEntry, DegradedRequest, DegradedVote, PastVotes } from '../domain/degraded.js';
import type { Contest, Emergency } from '../domain/emergency.js';
import type { Guardian } from '../domain/guardian.js';
import type {
  AuditReadId,
  CeremonyId,
  ConsentId,
  EmergencyId,
  EnrolmentId,
  ErasureId,
  GuardianId,
  Handle,
  IntentId,
  MspId,
  RecordId,
  SystemId,
  TxId,
} from '../domain/ids.js';
import type { Intent } from '../domain/intent.js';
import type { KeyRotation } from '../domain/key-rotation.js';
import type { Notice, NoticeCause } from '../domain/notice.js';
import type { Period } from '../domain/period.js';
import type { RecordVersion } from '../domain/record.js';
import type { RetirementOrder } from '../domain/retirement.js';
import type {
  Custodian,
  CustodianKeys,
  Hospital,
  PastPractitioner,
  Patient,
  Practitioner,
  System,
} from '../domain/registry.js';
import type { PendingAct, Sighting } from '../domain/sighting.js';
import type { Suspension } from '../domain/suspension.js';
import type { Instant } from '../domain/time.js';
import type { CeremonyHead, CeremonyPart } from './ceremony-parts.js';
import type { Confirmation, ErasureOrder } from './erasure-parts.js';

declare const stored: unique symbol;

/** A composite key, or the beginning of one, and the type of the value that stands under it. */
export type Key<T> = Readonly<{ kind: string; parts: readonly string[]; [stored]?: T }>;

/** Value of a key whose presence says everything. */
export type Mark = Readonly<{ v: 1 }>;
export const MARK: Mark = { v: 1 };

/** What keeps an emergency on a hospital's list until its verdict. */
export type DueReview = Person & Readonly<{ reviewDueAt: Instant }>;

/** What a notice is about: an emergency, the key of the patient with this handle, or a version of a record. */
export type NoticeSubject = EmergencyId | Handle | `${RecordId}.${number}`;

/** Which version of a consent took a place of its handle; it has it as long as it stands. */
export type ConsentPlace = Readonly<{ v: 1; consentId: ConsentId; version: number }>;

/** How many reads one counter of a limited consent has counted. */
export type ReadCount = Readonly<{ v: 1; count: number }>;

/** A patient, or one of the patient's guardians: a guardian's id is unique within its handle only. */
export type SignerName = Handle | `${Handle}~${GuardianId}`;

/** The name of the patient of a handle, or of a guardian of it. */
export function signerName({
  handle,
  guardianId,
}: Readonly<{ handle: Handle; guardianId?: GuardianId }>): SignerName {
  return guardianId === undefined ? handle : `${handle}~${guardianId}`;
}

/** Whose notices a mailbox keeps: a patient's, a guardian's, or those of a hospital's privacy office. */
export type MailboxName = SignerName | MspId;

/** A person of a hospital, under one enrolment. */
export type Person = Readonly<{ practitionerId: EnrolmentId; personTag: string }>;

/**
 * A person who abused an emergency, and whether other hospitals found so, enough of them without the person's own. An
 * earlier version did not write who found it.
 */
export type FoundAbuse = Person & Readonly<{ foundByOthers?: boolean }>;

/** One opened emergency, as it counts against the quotas. */
export type EmergencyUse = Person & Readonly<{ at: Instant }>;

/** Every key of public state but the audit's time-ordered indexes; called with fewer parts it names a range. */
export const keys = {
  hospital: keyOf<Hospital, [] | [MspId]>('hospital'),
  practitioner: keyOf<Practitioner, [MspId, EnrolmentId]>('practitioner'),
  pastPractitioner: keyOf<PastPractitioner, [MspId, EnrolmentId, position: number]>('practitioner-past'),
  suspension: keyOf<Suspension, [MspId, EnrolmentId, author?: string]>('suspension'),
  passkey: keyOf<Mark, [publicKey: string]>('passkey'),
  person: keyOf<Mark, [mspId: MspId, personTag: string, id?: EnrolmentId]>('person'),
  system: keyOf<System, [MspId, SystemId]>('system'),
  patient: keyOf<Patient, [Handle]>('patient'),
  /** Present guardians only, since transactions about the patient read this whole list. */
  guardian: keyOf<Guardian, [of: Handle, id?: GuardianId]>('guardian'),
  formerGuardian: keyOf<Guardian, [of: Handle, id: GuardianId]>('guardian-former'),
  custodian: keyOf<Custodian, [] | [MspId]>('custodian'),
  custodianKeys: keyOf<CustodianKeys, [MspId]>('custodian-keys'),

  record: keyOf<RecordVersion, [id?: RecordId, version?: number]>('record'),
  recordOf: keyOf<Mark, [of: Handle, id?: RecordId]>('record-of'),
  recordErased: keyOf<Mark, [RecordId]>('record-erased'),
  capsule: keyOf<Mark, [hashOfU: string]>('capsule'),
  erasure: keyOf<ErasureOrder, [] | [ErasureId]>('erasure'),
  erasureConfirmation: keyOf<Confirmation, [id: ErasureId, from?: MspId]>('erasure-confirmation'),
  retirement: keyOf<RetirementOrder, [id?: RecordId, version?: number]>('retirement'),
  retirementWaiting: keyOf<Mark, [of: Handle, by: MspId, about?: `${RecordId}.${number}`]>(
    'retirement-waiting',
  ),
  retirementConfirmation: keyOf<Confirmation, [id: RecordId, version: number, from?: MspId]>(
    'retirement-confirmation',
  ),

  nonce: keyOf<Mark, [of: SignerName, nonce: string]>('nonce'),
  consent: keyOf<Consent, [of: Handle, id?: ConsentId]>('consent'),
  consentPlace: keyOf<ConsentPlace, [of: Handle, place: number]>('consent-place'),
  endedConsent: keyOf<Consent, [of: Handle, id?: ConsentId]>('consent-ended'),
  pastConsent: keyOf<Consent, [of: Handle, id?: ConsentId, version?: number]>('consent-past'),
  read: keyOf<ReadCount, [of: Handle, under: ConsentId, version: number, counter?: number]>('read'),
  intent: keyOf<Intent, [IntentId]>('intent'),

  emergency: keyOf<Emergency, [EmergencyId]>('emergency'),
  emergencyOf: keyOf<Mark, [of: Handle, id?: EmergencyId]>('emergency-of'),
  emergencyUse: keyOf<EmergencyUse, [at: MspId, day?: string, id?: EmergencyId]>('emergency-use'),
  emergencyDue: keyOf<DueReview, [at: MspId, id?: EmergencyId]>('emergency-due'),
  emergencyAbuse: keyOf<FoundAbuse, [at: MspId, id?: EmergencyId]>('emergency-abuse'),
  emergencyContested: keyOf<Mark, [at: MspId, id?: EmergencyId]>('emergency-contested'),
  contest: keyOf<Contest, [about: EmergencyId, by?: SignerName, txId?: TxId]>('contest'),
  notice: keyOf<
    Notice,
    [at: MspId, of?: MailboxName, about?: NoticeSubject | undefined, cause?: NoticeCause]
  >('notice'),
  noticeShown: keyOf<
    Notice,
    [at: MspId, of: MailboxName, about?: NoticeSubject | undefined, cause?: NoticeCause]
  >('notice-shown'),
  keyRotation: keyOf<KeyRotation, [Handle]>('key-rotation'),
  pendingAct: keyOf<PendingAct, [] | [TxId]>('pending-act'),
  sighting: keyOf<Sighting, [of: TxId, from?: MspId]>('sighting'),

  audit: keyOf<AuditEntry, [of: TxId, position?: number]>('audit'),
  auditRead: keyOf<AuditRead, [AuditReadId]>('audit-read'),

  custodians: keyOf<CustodianSet, []>('custodians-current'),
  custodiansOf: keyOf<CustodianSet, [epoch: number]>('custodians'),
  openCeremony: keyOf<Readonly<{ ceremonyId: CeremonyId }>, []>('ceremony-open'),
  ceremonyPace: keyOf<CeremonyPace, [MspId]>('ceremony-pace'),
  ceremony: keyOf<CeremonyHead, [CeremonyId]>('ceremony'),
  ceremonyPart: keyOf<
    CeremonyPart,
    [id: CeremonyId, kind: CeremonyPart['kind'], from?: MspId, about?: MspId]
  >('ceremony-part'),
  ceremonyOutcome: keyOf<CeremonyOutcome, [CeremonyId]>('ceremony-outcome'),
  period: keyOf<Period, []>('period'),
  heartbeat: keyOf<Heartbeat, [] | [MspId]>('heartbeat'),
  degradedVote: keyOf<DegradedVote, [] | [MspId]>('degraded-vote'),
  pastVotes: keyOf<PastVotes, [MspId]>('degraded-vote-past'),
  degradedRequest: keyOf<DegradedRequest, [requestHash: string]>('degraded-request'),
  degradedEntry: keyOf<DegradedEntry, [requestHash?: string, from?: MspId]>('degraded-entry'),
  accusation: keyOf<Accusation, [custodian?: MspId, shareHash?: string]>('accusation'),
} as const;

type KeyMaker<T, P extends readonly (string | number | undefined)[]> = (...parts: P) => Key<T>;

function keyOf<T, P extends readonly (string | number | undefined)[]>(kind: string): KeyMaker<T, P> {
  return (...parts) => ({
    kind,
    parts: parts.flatMap((part) => (part === undefined ? [] : [partText(part)])),
  });
}

function partText(part: string | number): string {
  return typeof part === 'number' ? padded(part) : part;
}

/** A number as it stands in a key, so that keys sort by number. */
export function padded(value: number): string {
  return String(value).padStart(7, '0');
}
