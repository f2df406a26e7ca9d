// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry, AuditRead } from '../domain/audit.js';
import type { Consent } from '../domain/consent.js';
import type { Accusation, CustodianSet, Heartbeat } from '../domain/custody.js';
import type { Emergency } from '../domain/emergency.js';
import type { ConsentId, EmergencyId, EnrolmentId, Handle, IntentId, MspId, RecordId } from '../domain/ids.js';
import type { Intent } from '../domain/intent.js';
import type { RecordVersion } from '../domain/record.js';
import type { Custodian, Hospital, Patient, Practitioner, System } from '../domain/registry.js';
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

/** A person of a hospital, under one enrolment. */
export type Person = Readonly<{ practitionerId: EnrolmentId; personTag: string }>;

/** One opened emergency, as it counts against the quotas. */
export type EmergencyUse = Person & Readonly<{ at: Instant }>;

/** Every key of public state but the audit's time-ordered indexes; a function called with fewer arguments names a range. */
export const keys = {
  hospital: (...parts: [] | [MspId]) => key<Hospital>('hospital', parts),
  practitioner: (...parts: [MspId, EnrolmentId]) => key<Practitioner>('practitioner', parts),
  person: (...parts: [MspId, string, EnrolmentId?]) => key<Mark>('person', parts),
  system: (...parts: [MspId, string]) => key<System>('system', parts),
  patient: (...parts: [Handle]) => key<Patient>('patient', parts),
  custodian: (...parts: [] | [MspId]) => key<Custodian>('custodian', parts),

  record: (...parts: [] | [RecordId]) => key<RecordVersion>('record', parts),
  recordVersion: (id: RecordId, version: number) => key<RecordVersion>('record', [id, padded(version)]),
  recordOf: (...parts: [Handle, RecordId?]) => key<Mark>('record-of', parts),
  capsule: (...parts: [string]) => key<Mark>('capsule', parts),
  erasure: (...parts: [] | [string]) => key<ErasureOrder>('erasure', parts),
  erasureConfirmation: (...parts: [string, MspId?]) => key<Confirmation>('erasure-confirmation', parts),

  nonce: (...parts: [Handle, string]) => key<Mark>('nonce', parts),
  consent: (...parts: [Handle, ConsentId?]) => key<Consent>('consent', parts),
  consentRoot: (...parts: [Handle]) => key<Mark>('consent-root', parts),
  pastConsent: (of: Handle, id?: ConsentId, version?: number) =>
    key<Consent>('consent-past', [of, id, version === undefined ? undefined : padded(version)]),
  read: (...parts: [ConsentId, IntentId?]) => key<Mark>('read', parts),
  intent: (...parts: [IntentId]) => key<Intent>('intent', parts),

  emergency: (...parts: [EmergencyId]) => key<Emergency>('emergency', parts),
  emergencyOf: (...parts: [Handle, EmergencyId?]) => key<Mark>('emergency-of', parts),
  emergencyUse: (...parts: [MspId, string?, EmergencyId?]) => key<EmergencyUse>('emergency-use', parts),
  emergencyDue: (...parts: [MspId, EmergencyId?]) => key<DueReview>('emergency-due', parts),
  emergencyAbuse: (...parts: [MspId, EmergencyId?]) => key<Person>('emergency-abuse', parts),

  audit: (...parts: [string]) => key<AuditEntry>('audit', parts),
  auditRead: (...parts: [string]) => key<AuditRead>('audit-read', parts),

  custodians: () => key<CustodianSet>('custodians', ['current']),
  custodiansOf: (epoch: number) => key<CustodianSet>('custodians', ['epoch', padded(epoch)]),
  openCeremony: () => key<Readonly<{ ceremonyId: string }>>('ceremony-open', ['current']),
  ceremony: (...parts: [string]) => key<CeremonyHead>('ceremony', parts),
  ceremonyPart: (...parts: [string, CeremonyPart['kind']?, ...string[]]) => key<CeremonyPart>('ceremony-part', parts),
  heartbeat: (...parts: [] | [MspId]) => key<Heartbeat>('heartbeat', parts),
  accusation: (...parts: [] | [MspId, string]) => key<Accusation>('accusation', parts),
};

/** A number as it stands in a key, so that keys sort by number. */
export function padded(value: number): string {
  return String(value).padStart(7, '0');
}

function key<T>(kind: string, parts: readonly (string | undefined)[]): Key<T> {
  return { kind, parts: parts.filter((part) => part !== undefined) };
}
