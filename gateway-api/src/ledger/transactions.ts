// SPDX-License-Identifier: Apache-2.0
import type {
  Accusation,
  AuditEntry,
  AuditPage,
  AuditRead,
  Consent,
  Custodian,
  CustodianSet,
  Emergency,
  Erasure,
  Heartbeat,
  Hospital,
  Intent,
  Manifest,
  Patient,
  Practitioner,
  RecordVersion,
  ReleaseContext,
  System,
} from '@tutela/chaincode/domain';

/** What each submitted transaction answers. */
export type SubmitResults = Readonly<{
  'registry:RegisterHospital': Hospital;
  'registry:RegisterPractitioner': Practitioner;
  'registry:ChangePractitioner': Practitioner;
  'registry:RegisterSystem': System;
  'registry:ChangeSystem': System;
  'registry:RegisterPatient': Patient;
  'record:Register': RecordVersion;
  'record:Erase': Erasure;
  'record:ConfirmErasure': Erasure;
  'record:ReportCorruption': unknown;
  'consent:Grant': Consent;
  'consent:Replace': Consent;
  'consent:Revoke': Consent;
  'access:DeclareIntent': Intent;
  'emergency:Open': Emergency;
  'emergency:Cosign': Emergency;
  'emergency:ApproveFullScope': Emergency;
  'emergency:Close': Emergency;
  'emergency:BeginReview': Emergency;
  'emergency:Review': Emergency;
  'emergency:Contest': Emergency;
  'audit:DeclareRead': AuditRead;
  'custody:Accuse': Accusation;
}>;

/** A part that some current record version needs, as the ledger wishes it. */
export type WishedPin = Readonly<{ recordId: string; version: number; cid: string; size: number }>;

/** What each evaluated transaction answers. */
export type EvaluateResults = Readonly<{
  'registry:GetHospital': Hospital;
  'registry:ListHospitals': readonly Hospital[];
  'registry:GetPractitioner': Practitioner;
  'registry:GetSystem': System;
  'registry:GetPatient': Patient;
  'registry:ListCustodians': readonly Custodian[];
  'record:Get': RecordVersion;
  'record:GetManifest': Manifest;
  'record:ListByHandle': readonly RecordVersion[];
  'record:ListPins': readonly WishedPin[];
  'record:GetErasure': Erasure;
  'record:ListErasures': readonly Erasure[];
  'consent:Get': Consent;
  'consent:ListByHandle': readonly Consent[];
  'consent:ListAsOf': readonly Consent[];
  'access:GetIntent': Intent;
  'access:GetReleaseContext': ReleaseContext;
  'emergency:Get': Emergency;
  'emergency:ListByHandle': readonly Emergency[];
  'emergency:ListDueReviews': readonly Emergency[];
  'audit:Query': AuditPage;
  'audit:GetEntry': AuditEntry;
  'audit:Exposure': unknown;
  'custody:GetCurrent': CustodianSet;
  'custody:ListHeartbeats': readonly Heartbeat[];
  'custody:ListAccusations': readonly Accusation[];
}>;

export type SubmitName = keyof SubmitResults;
export type EvaluateName = keyof EvaluateResults;
