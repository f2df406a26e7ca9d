// SPDX-License-Identifier: Apache-2.0
import { tagged, taggedHash, type Sha256 } from './codec.js';
import { flag, integer, list, object, oneOf, setBy, text, type Decoded } from './decode.js';
import { CLOCK_SKEW_MS } from './consent.js';
import { MAX_CUSTODIANS, sealedShare, type CustodianSet } from './custody.js';
import { DomainError, type ErrorCode } from './errors.js';
import { MAX_TIME_BOX_MINUTES, REVIEW_DUE_MS, type Actor, type Emergency } from './emergency.js';
import {
  base64Url,
  bytes32,
  enrolmentId,
  handle,
  mspId,
  nonce,
  p256Signature,
  type EmergencyId,
  type EnrolmentId,
  type IntentId,
  type MspId,
  type TxId,
} from './ids.js';
import { MAX_SEGMENTS_PER_INTENT } from './intent.js';
import { assertion, requirePasskey, type AssertionCheck } from './passkey.js';
import { segmentNameOf, segmentRef } from './record.js';
import type { Hospital, Patient, Practitioner } from './registry.js';
import type { ReleaseContext } from './release.js';
import { stepUpChallenge } from './step-up.js';
import { instant, later, type Instant } from './time.js';
import { EMERGENCY_REASONS } from './vocabulary.js';

/** How long after the first entry about a request another one is late, in milliseconds. */
export const DEGRADED_LATE_MS = 10 * 60_000;
/** How long after a custodian set was replaced its earlier acknowledgements are still recorded, in milliseconds. */
export const RECORDED_ONCE_REPLACED_MS = 7 * 24 * 3_600_000;

export const DEGRADED_MODES = ['on', 'off'] as const;
export type DegradedMode = (typeof DEGRADED_MODES)[number];

/** Arguments of `degraded:Vote`: whether emergencies may open while the ledger stalls. */
export const voteDegraded = object({ mode: oneOf(...DEGRADED_MODES) });
export type DegradedVote = Readonly<{ v: 1; mspId: MspId; mode: DegradedMode; at: Instant; txId: TxId }>;

/** What a hospital's vote was before; the oldest are left out where there were very many changes. */
export type PastVotes = Readonly<{ v: 1; mspId: MspId; past: readonly PastVote[] }>;
export type PastVote = Readonly<{ mode: DegradedMode; until: Instant }>;
export const MAX_PAST_VOTES = 32;
/** How often a hospital changes its vote to on within a day. */
export const MAX_VOTES_ON = 8;
export const VOTES_WINDOW_MS = 24 * 3_600_000;

/** The mode in force, with the votes behind it; `needed` hospitals must vote `on`, and while fewer do it is off. */
export type DegradedState = Readonly<{ mode: DegradedMode; needed: number; votes: readonly DegradedVote[] }>;

const channel = text(64, /^[a-z0-9.-]+$/);
const clinician = { mspId, practitionerId: enrolmentId };

/** What both clinicians sign when the ledger cannot take their emergency. */
export const degradedStatement = object({
  v: oneOf(1),
  kind: oneOf('degraded-emergency'),
  channel,
  requester: object(clinician),
  handle,
  reason: oneOf(...EMERGENCY_REASONS),
  reasonHash: bytes32,
  scope: oneOf('summary', 'full'),
  timeBoxMinutes: integer(1, MAX_TIME_BOX_MINUTES),
  sessionKey: bytes32,
  segments: list(segmentRef, 1, MAX_SEGMENTS_PER_INTENT),
  declaredAt: instant,
  nonce,
});
export type DegradedStatement = Decoded<typeof degradedStatement>;

/** The part in which a person signs; each has a prefix of its own, so that no signature serves in another part. */
export const DEGRADED_PARTS = ['requester', 'cosigner', 'dutyOfficer'] as const;
export type DegradedPart = (typeof DEGRADED_PARTS)[number];

/** A certificate (DER, base64url), a P-256 signature over {@link degradedSignedBytes}, and the person's passkey. */
const signed = { certificate: base64Url(8_192), signature: p256Signature, assertion };
export const degradedSignature = object({ ...clinician, ...signed });
export type DegradedSignature = Decoded<typeof degradedSignature>;
export type PartSignature = DegradedSignature & Readonly<{ part: DegradedPart }>;

/** A request with the signatures of two clinicians, and of another hospital's duty officer where the full chart is asked for. */
export const signedDegradedRequest = object(
  { statement: degradedStatement, requester: object(signed), cosigner: degradedSignature },
  { dutyOfficer: degradedSignature },
);
export type SignedDegradedRequest = Decoded<typeof signedDegradedRequest>;

/** A custodian's statement that the request is in its journal; what it signs. */
export const degradedAcknowledgement = object({
  v: oneOf(1),
  suite: oneOf(1),
  channel,
  requestHash: bytes32,
  mspId,
  epoch: integer(1, 1_000_000),
  at: instant,
  journalHead: bytes32,
});
export const signedAcknowledgement = object({
  acknowledgement: degradedAcknowledgement,
  signature: p256Signature,
});
export type SignedAcknowledgement = Decoded<typeof signedAcknowledgement>;
export const ACKNOWLEDGEMENT_PREFIX = 'Tutela-v1-degraded-acknowledgement';

/** Acknowledgements are a set by hospital: a custodian acknowledges a request once. */
const acknowledgements = setBy(signedAcknowledgement, custodianOf, [1, MAX_CUSTODIANS]);

/** A request, and custodians' acknowledgements of it. */
const acknowledgedRequest = { request: signedDegradedRequest, acknowledgements };

/**
 * Body of a custodian's release without the ledger: the request, the acknowledgements of t custodians, and which of the
 * request's segments are asked for; all of them where none is named.
 */
export const degradedRelease = object(acknowledgedRequest, {
  segments: setBy(segmentRef, segmentNameOf, [1, MAX_SEGMENTS_PER_INTENT]),
});
export type DegradedRelease = Decoded<typeof degradedRelease>;

/** A custodian's answer for one segment; what it signs. The request's hash stands where an intent stands otherwise. */
export const degradedReply = object({ ...sealedShare, requestHash: bytes32 });
export type DegradedReply = Decoded<typeof degradedReply>;
export const signedDegradedReply = object({ reply: degradedReply, signature: p256Signature });
export type SignedDegradedReply = Decoded<typeof signedDegradedReply>;
export const DEGRADED_REPLY_PREFIX = 'Tutela-v1-degraded-reply';
/** Prefix of the HPKE info of a share that was sealed without the ledger; the value is {@link degradedInfo}. */
export const DEGRADED_INFO_PREFIX = 'Tutela-v1-degraded-release';

/** Arguments of `degraded:Post`: a custodian's entry, brought to the ledger once there is one again. */
export const postDegraded = object({ ...acknowledgedRequest, released: flag });
/** Arguments of `degraded:Report`: the same emergency, reported by the requester's hospital. */
export const reportDegraded = object(acknowledgedRequest);

/** One custodian's entry about one request on the ledger. */
export type DegradedEntry = Readonly<{
  v: 1;
  requestHash: string;
  mspId: MspId;
  acknowledgement: SignedAcknowledgement;
  /** The hospitals of whose custodians this one had acknowledgements, its own included. */
  acknowledgedBy: readonly MspId[];
  released: boolean;
  postedAt: Instant;
  txId: TxId;
}>;

/** A request on the ledger; it has an emergency and an intent as soon as t custodians are known to have acknowledged it. */
export type DegradedRequest = Readonly<{
  v: 1;
  requestHash: string;
  request: SignedDegradedRequest;
  firstPostedAt: Instant;
  opened?: Readonly<{
    emergencyId: EmergencyId;
    intentId: IntentId;
    at: Instant;
    txId: TxId;
    /** What the state at that time says against it, such as a quota that was used up; it was opened all the same. */
    against?: readonly ErrorCode[];
  }>;
}>;

export const byRequestHash = object({ requestHash: bytes32 });
/** Arguments of `degraded:ListEntries`. */
export const listDegraded = object({ pageSize: integer(1, 200) }, { bookmark: text(1024) });
/**
 * An entry, whether the ledger has verified that registered people signed its request, and whether it has recorded that as
 * an opened emergency.
 */
export type ListedEntry = DegradedEntry & Readonly<{ opened: boolean; proven: boolean }>;
export type DegradedPage = Readonly<{ entries: readonly ListedEntry[]; bookmark?: string }>;

/** Arguments of `degraded:GetContext`; without segments it answers about everything that the scope could reach. */
export const degradedQuestion = object(
  { handle, scope: oneOf('summary', 'full'), people: list(object(clinician), 1, DEGRADED_PARTS.length) },
  { segments: list(segmentRef, 1, MAX_SEGMENTS_PER_INTENT) },
);
export type DegradedQuestion = Decoded<typeof degradedQuestion>;

/** A person as the ledger last knew them, and what counts against them; absent members are unknown there. */
export type KnownPerson = Readonly<{
  hospital?: Hospital;
  practitioner?: Practitioner;
  suspended: boolean;
  /** Emergencies of the last {@link QUOTA_WINDOW_MS}: the person's, and the hospital's with what it may open. */
  uses: number;
  hospitalUses: number;
  hospitalQuota: number;
}>;

/** Answer of `degraded:GetContext`: what the last known state says; the custodian decides for itself. */
export type DegradedContext = Readonly<
  Pick<ReleaseContext, 'records' | 'capsules' | 'custodians'> & {
    v: 1;
    mode: DegradedMode;
    patient?: Patient;
    /** In the order of the question. */
    people: readonly KnownPerson[];
  }
>;

/** Bytes that a person signs in a part (ECDSA P-256 with SHA-256). */
export function degradedSignedBytes(part: DegradedPart, statement: DegradedStatement): Uint8Array {
  return tagged(`Tutela-v1-degraded-${part}`, statement);
}

/** The challenge to the passkey of a person who signs: the whole statement, in one part. */
export function degradedChallenge(
  statement: DegradedStatement,
  { part, ...who }: Readonly<{ part: DegradedPart; mspId: MspId; practitionerId: EnrolmentId }>,
  sha256: Sha256,
): string {
  const { channel: of, declaredAt: at } = statement;
  return stepUpChallenge({ ...who, channel: of, act: `degraded-${part}`, subject: statement, at }, sha256);
}

/** The library functions that {@link requireOwnSignature} needs. */
export type SignatureChecks = Readonly<{
  sha256: Sha256;
  isSignedBy: (publicKey: string, message: Uint8Array, signature: string) => boolean;
  certifiedKey: (certificate: string) => string | undefined;
  assertionFault: AssertionCheck;
}>;

/**
 * Throws unless a signature of a request is a person's own: made with the certified key that the person's hospital has
 * registered, and answered by one of the person's passkeys. Custodians ask this of the person as they know them, and
 * the ledger of the person as they once were: what a custodian takes, the ledger then takes too. Throws CALLER_UNKNOWN,
 * SIGNATURE_INVALID, STEP_UP_REQUIRED or STEP_UP_INVALID.
 */
export function requireOwnSignature(
  { publicKey, passkeys = [] }: Pick<Practitioner, 'publicKey' | 'passkeys'>,
  { signed: of, statement }: Readonly<{ signed: PartSignature; statement: DegradedStatement }>,
  { sha256, isSignedBy, certifiedKey, assertionFault }: SignatureChecks,
): void {
  const { part, mspId: at, practitionerId, certificate, signature, assertion: answer } = of;
  if (publicKey === undefined || certifiedKey(certificate) !== publicKey)
    throw new DomainError('CALLER_UNKNOWN', 'the certificate is not of the key that is registered');
  if (!isSignedBy(publicKey, degradedSignedBytes(part, statement), signature))
    throw new DomainError('SIGNATURE_INVALID', 'a clinician has not signed this statement');
  const challenge = degradedChallenge(statement, { part, mspId: at, practitionerId }, sha256);
  requirePasskey(passkeys, { assertion: answer, challenge }, assertionFault);
}

/** What a request is called: a hash of the statement and of who signed it, whatever bytes their signatures have. */
export function degradedRequestHash(request: SignedDegradedRequest, sha256: Sha256): string {
  const { statement, requester, cosigner, dutyOfficer } = request;
  const named = (one: DegradedSignature): object => ({
    mspId: one.mspId,
    practitionerId: one.practitionerId,
    certificate: one.certificate,
  });
  const signers = {
    requester: requester.certificate,
    cosigner: named(cosigner),
    ...(dutyOfficer && { dutyOfficer: named(dutyOfficer) }),
  };
  return taggedHash('Tutela-v1-degraded-request', { statement, signers }, sha256);
}

/** The hospital whose custodian made an acknowledgement. */
export function custodianOf({ acknowledgement }: SignedAcknowledgement): MspId {
  return acknowledgement.mspId;
}

/**
 * The time until which a custodian takes a request that it has not seen before; by then all must have signed it, and the
 * requester must have opened it. The ledger will judge its people by the time in the statement, and clocks may differ by
 * this much.
 */
export function degradedOpenBy({
  declaredAt,
  timeBoxMinutes,
}: Pick<DegradedStatement, 'declaredAt' | 'timeBoxMinutes'>): Instant {
  return later(declaredAt, Math.min(CLOCK_SKEW_MS, timeBoxMinutes * 60_000));
}

/** What a sealed share is bound to. */
export function degradedInfo(
  reply: Pick<DegradedReply, 'v' | 'suite' | 'channel' | 'requestHash' | 'segment' | 'epoch' | 'index'>,
): object {
  const { v, suite, channel: of, requestHash, segment, epoch, index } = reply;
  return { v, suite, channel: of, requestHash, ...segment, epoch, index };
}

/** Everyone who signed a request, the requester first, by part. */
export function degradedSigners({
  statement,
  requester,
  cosigner,
  dutyOfficer,
}: SignedDegradedRequest): readonly PartSignature[] {
  return [
    { part: 'requester', ...statement.requester, ...requester },
    { part: 'cosigner', ...cosigner },
    ...(dutyOfficer === undefined ? [] : [{ part: 'dutyOfficer', ...dutyOfficer } as const]),
  ];
}

/**
 * The members of a set who acknowledged a request under its epoch; the caller has verified the signatures. This is for
 * those who release or combine shares. The ledger uses {@link membersAmong}: it takes no epoch from an acknowledgement.
 */
export function acknowledgedBy(
  all: readonly SignedAcknowledgement[],
  requestHash: string,
  { members, epoch }: Pick<CustodianSet, 'members' | 'epoch'>,
): readonly MspId[] {
  const about = all
    .map(({ acknowledgement }) => acknowledgement)
    .filter((one) => one.requestHash === requestHash && one.epoch === epoch);
  return members.map((member) => member.mspId).filter((id) => about.some((one) => one.mspId === id));
}

/** The members of a set among hospitals. */
export function membersAmong(
  { members }: Pick<CustodianSet, 'members'>,
  hospitals: readonly MspId[],
): readonly MspId[] {
  return members.map((member) => member.mspId).filter((id) => hospitals.includes(id));
}

/**
 * The emergency that a request is. With `requestHash` it is the ledger's record of what was opened, and gives access
 * to nothing; without, it is what a custodian decides on.
 */
export function degradedEmergency(
  { statement }: SignedDegradedRequest,
  of: Readonly<{
    emergencyId: EmergencyId;
    requestHash?: string;
    requester: Actor;
    cosigner: Actor;
    dutyOfficer?: Actor;
    recordedAt: Instant;
  }>,
): Emergency {
  const { handle: patient, reason, reasonHash, scope, timeBoxMinutes, declaredAt } = statement;
  const { emergencyId, requestHash, requester, cosigner, dutyOfficer, recordedAt } = of;
  return {
    ...{ v: 1, emergencyId, handle: patient, reason, reasonHash, scope, timeBoxMinutes },
    state: 'cosigned',
    requester,
    cosigner,
    ...(dutyOfficer && { dutyOfficer }),
    expiresAt: later(declaredAt, timeBoxMinutes * 60_000),
    // Nobody can review what the ledger does not show yet.
    reviewDueAt: later(recordedAt, REVIEW_DUE_MS),
    reviews: [],
    ...(requestHash !== undefined && { degradedRequest: requestHash }),
  };
}
