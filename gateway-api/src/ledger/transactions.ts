// SPDX-License-Identifier: Apache-2.0
import type {
  Accusation,
  AccusationPage,
  AuditEntry,
  AuditPage,
  AuditRead,
  Consent,
  ConsentList,
  Custodian,
  CustodianSet,
  DegradedContext,
  DegradedState,
  Emergency,
  EmergencyPage,
  EmergencyMetrics,
  EmergencyView,
  Erasure,
  ErasurePage,
  ExposurePage,
  FetchedNotices,
  NoticePage,
  Guardian,
  Heartbeat,
  Hospital,
  Intent,
  KeyRotation,
  KeyRotationView,
  Manifest,
  Patient,
  PendingActPage,
  Period,
  PinPage,
  Practitioner,
  RecordVersion,
  ReleaseContext,
  Retirement,
  RetirementPage,
  SealedMaterial,
  Suspension,
  Suspensions,
  System,
} from '@tutela/chaincode/domain';

/** What each submitted transaction answers. */
export type SubmitResults = Readonly<{
  'registry:RegisterHospital': Hospital;
  'registry:RegisterPractitioner': Practitioner;
  'registry:ChangePractitioner': Practitioner;
  'registry:RegisterPasskey': Practitioner;
  'registry:RemovePasskey': Practitioner;
  'registry:SuspendPractitioner': Suspension;
  'registry:LiftSuspension': Suspensions;
  'registry:RegisterSystem': System;
  'registry:ChangeSystem': System;
  'registry:RegisterPatient': Patient;
  'registry:RequestKeyRotation': KeyRotation;
  'registry:ApproveKeyRotation': KeyRotation;
  'registry:CancelKeyRotation': KeyRotation;
  'registry:CompleteKeyRotation': KeyRotation;
  'registry:RegisterGuardian': Guardian;
  'registry:RemoveGuardian': Guardian;
  'record:Register': RecordVersion;
  'record:Erase': Erasure;
  'record:ConfirmErasure': object;
  'record:Retire': Retirement;
  'record:CancelRetirement': Retirement;
  'record:CompleteRetirement': Retirement;
  'record:ConfirmRetirement': object;
  'record:ReportCorruption': object;
  'consent:Grant': Consent;
  'consent:GrantMany': object;
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
  'emergency:FetchNotices': FetchedNotices;
  'audit:DeclareRead': AuditRead;
  'custody:Accuse': Accusation;
}>;

/** What each evaluated transaction answers. */
export type EvaluateResults = Readonly<{
  'registry:GetHospital': Hospital;
  'registry:ListHospitals': Readonly<{ hospitals: readonly Hospital[] }>;
  'registry:GetPractitioner': Practitioner;
  'registry:ListSuspensions': Suspensions;
  'registry:GetSystem': System;
  'registry:GetPatient': Patient;
  'registry:GetKeyRotation': KeyRotationView;
  'registry:ListGuardians': Readonly<{ guardians: readonly Guardian[] }>;
  'registry:ListCustodians': Readonly<{ custodians: readonly Custodian[] }>;
  'record:Get': RecordVersion;
  'record:GetManifest': Manifest;
  'record:GetSealed': SealedMaterial;
  'record:ListByHandle': Readonly<{ records: readonly RecordVersion[] }>;
  'record:ListPins': PinPage;
  'record:GetErasure': Erasure;
  'record:ListErasures': ErasurePage;
  'record:GetRetirement': Retirement;
  'record:ListRetirements': RetirementPage;
  'consent:Get': Consent;
  'consent:ListByHandle': ConsentList;
  'consent:ListAsOf': ConsentList;
  'access:GetIntent': Intent;
  'access:GetReleaseContext': ReleaseContext;
  'emergency:Get': EmergencyView;
  'emergency:ListByHandle': EmergencyPage;
  'emergency:ListDueReviews': Readonly<{ emergencies: readonly EmergencyView[] }>;
  'emergency:ListNotices': NoticePage;
  'emergency:Metrics': EmergencyMetrics;
  'audit:Query': AuditPage;
  'audit:GetEntry': AuditEntry;
  'audit:Exposure': ExposurePage;
  'custody:GetCurrent': CustodianSet;
  'degraded:GetContext': DegradedContext;
  'degraded:GetMode': DegradedState;
  'custody:ListPendingActs': PendingActPage;
  'custody:ListHeartbeats': Readonly<{ heartbeats: readonly Heartbeat[]; period?: Period }>;
  'custody:ListAccusations': AccusationPage;
}>;

export type SubmitName = keyof SubmitResults;
/**
 * Transactions that are submitted without a client's key: what the gateway does by itself; consents that are granted
 * together, and versions, which are found by what their request noted; and intents, whose session keys end with the
 * process, so that a repeated request is better off with another one.
 */
export type FreeName =
  | 'registry:RegisterHospital'
  | 'record:Register'
  | 'record:ConfirmErasure'
  | 'record:CompleteRetirement'
  | 'record:ConfirmRetirement'
  | 'record:ReportCorruption'
  | 'consent:Grant'
  | 'consent:GrantMany'
  | 'access:DeclareIntent'
  | 'custody:Accuse';
/** Every other transaction carries a request that may be repeated under its key. */
export type KeyedName = Exclude<SubmitName, FreeName>;
export type EvaluateName = keyof EvaluateResults;
