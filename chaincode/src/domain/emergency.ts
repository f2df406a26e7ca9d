// SPDX-License-Identifier: Apache-2.0
import { integer, object, oneOf, text, type Decoded } from './decode.js';
import { DomainError, type ErrorCode } from './errors.js';
import {
  bytes32,
  emergencyId,
  guardianId,
  handle,
  nonce,
  p256Signature,
  type EnrolmentId,
  type GuardianId,
  type MspId,
  type TxId,
} from './ids.js';
import type { Practitioner } from './registry.js';
import { stepUp, type StepUp } from './step-up.js';
import { later, type Instant } from './time.js';
import { EMERGENCY_REASONS } from './vocabulary.js';

export const MAX_TIME_BOX_MINUTES = 240;
/** A review is due this long after the emergency was opened, in milliseconds. */
export const REVIEW_DUE_MS = 72 * 3_600_000;
/** As {@link REVIEW_DUE_MS}, while nobody has co-signed: who acts alone is reviewed sooner. */
export const LONE_REVIEW_DUE_MS = 24 * 3_600_000;
/** Emergencies that one clinician, and one hospital, may open in {@link QUOTA_WINDOW_MS}. */
export const CLINICIAN_QUOTA = 5;
export const HOSPITAL_QUOTA = 50;
export const QUOTA_WINDOW_MS = 24 * 3_600_000;
/** How often the patient, and each guardian, can contest one emergency. */
export const MAX_CONTESTS = 32;

const facts = {
  emergencyId,
  handle,
  reason: oneOf(...EMERGENCY_REASONS),
  reasonHash: bytes32,
  scope: oneOf('summary', 'full'),
  timeBoxMinutes: integer(1, MAX_TIME_BOX_MINUTES),
};
/** What an emergency is about; `reasonHash` is a salted hash of the free text, which stays at the hospital. */
export const emergencyFacts = object(facts);
export type EmergencyFacts = Decoded<typeof emergencyFacts>;
/** Arguments of `emergency:Open`. */
export const openEmergency = object({ ...facts, stepUp });
export type OpenEmergency = Decoded<typeof openEmergency>;

export const byEmergency = object({ emergencyId });
/** Arguments of `emergency:Cosign` and `emergency:ApproveFullScope`: whoever vouches for an emergency signs its facts. */
export const vouchForEmergency = object({ emergencyId, stepUp });
export type VouchForEmergency = Decoded<typeof vouchForEmergency>;
/** What an officer can find of an emergency. */
export const VERDICTS = ['upheld', 'abuse'] as const;
export type Verdict = (typeof VERDICTS)[number];
/** Arguments of `emergency:Review`: the verdict of a privacy officer or medical officer who took no part. */
export const reviewEmergency = object({
  emergencyId,
  verdict: oneOf(...VERDICTS),
  findingsHash: bytes32,
});
/** What a patient, or the guardian it names, signs to contest an emergency, at any point of its life. */
export const contestStatement = object(
  {
    v: oneOf(1),
    kind: oneOf('contest'),
    channel: text(64, /^[a-z0-9.-]+$/),
    emergencyId,
    handle,
    nonce,
  },
  { guardianId },
);
export const contestEmergency = object({ statement: contestStatement, signature: p256Signature });

/** Someone who acted in an emergency; `personTag` is the same for one person under several enrolments. */
export type Actor = Readonly<{
  mspId: MspId;
  practitionerId: EnrolmentId;
  personTag: string;
  certificate: string;
  at: Instant;
  txId: TxId;
  /** What the person's passkey signed to take this part. */
  stepUp?: StepUp;
}>;

/** The verdict of a hospital's officer on an emergency. */
export type Review = Actor & Readonly<{ verdict: Verdict; findingsHash: string }>;

/** Stored state; expiry is not stored but follows from time, see {@link stateAt}. */
export const EMERGENCY_STATES = [
  'requested',
  'cosigned',
  'closed',
  'under-review',
  'upheld',
  'abuse',
] as const;
export type EmergencyState = (typeof EMERGENCY_STATES)[number];

/** That the patient, or the guardian it names, contested an emergency. */
export type Contest = Readonly<{ at: Instant; txId: TxId; guardianId?: GuardianId }>;

/** One emergency access and its whole life. */
export type Emergency = Readonly<
  EmergencyFacts & {
    v: 1;
    state: EmergencyState;
    requester: Actor;
    cosigner?: Actor;
    /** The duty officer of another hospital who approved the full scope. */
    dutyOfficer?: Actor;
    /** Other hospitals whose people vouched and may act no more; none of theirs vouches again. */
    withdrawn?: readonly MspId[];
    expiresAt: Instant;
    /** As far as the co-signer may act; without one the review is due sooner. */
    reviewDueAt: Instant;
    closedAt?: Instant;
    reviewStartedAt?: Instant;
    /** The newest verdict of each hospital that gave one; the state follows from all of them. */
    reviews: readonly Review[];
    /** Contests that an earlier version wrote here; a contest now has a key of its own. */
    contests?: readonly Contest[];
    /** Hash of the request that opened it while the ledger stalled: the emergency is a record and opens nothing more. */
    degradedRequest?: string;
  }
>;

/** What can be done to an emergency. */
export type EmergencyStep =
  'cosign' | 'approve-full-scope' | 'close' | 'begin-review' | 'verdict' | 'contest';

type StateInTime = EmergencyState | 'expired';

const STEPS: Readonly<Record<StateInTime, readonly EmergencyStep[]>> = {
  requested: ['cosign', 'close', 'contest'],
  cosigned: ['approve-full-scope', 'close', 'contest'],
  expired: ['close', 'begin-review', 'contest'],
  closed: ['begin-review', 'contest'],
  'under-review': ['verdict', 'contest'],
  upheld: ['verdict', 'contest'],
  abuse: ['verdict', 'contest'],
};

/** The state at an instant: a time box that has run out is `expired` until someone closes or reviews it. */
export function stateAt(emergency: Emergency, at: Instant): StateInTime {
  const running = emergency.state === 'requested' || emergency.state === 'cosigned';
  return running && emergency.expiresAt <= at ? 'expired' : emergency.state;
}

/** Throws FORBIDDEN_TRANSITION, or EMERGENCY_EXPIRED, unless the step may be taken at the instant. */
export function requireStep(emergency: Emergency, step: EmergencyStep, at: Instant): void {
  const state = stateAt(emergency, at);
  if (STEPS[state].includes(step)) return;
  const code = state === 'expired' ? 'EMERGENCY_EXPIRED' : 'FORBIDDEN_TRANSITION';
  throw new DomainError(code, `an emergency that is ${state} cannot take the step ${step}`);
}

/** How many hospitals must find abuse by another's clinician before it takes a right; one alone could take it at will. */
export const ABUSE_HOSPITALS = 2;

/**
 * The emergency with one more hospital's verdict, and the state that follows: abuse while the requester's own hospital
 * finds it, which can take the right from its own person anyway, or {@link ABUSE_HOSPITALS} others; else upheld once one
 * hospital upholds it. A hospital finds abuse once, and can withdraw that, which no other can prevent: so it neither keeps
 * the others' verdicts from the ledger by writing without end, nor goes back and forth.
 * Throws FORBIDDEN_TRANSITION for any other second verdict.
 */
export function withReview(before: Emergency, review: Review): Emergency {
  const earlier = before.reviews.find(({ mspId }) => mspId === review.mspId);
  if (earlier !== undefined && !(earlier.verdict === 'abuse' && review.verdict === 'upheld'))
    throw new DomainError('FORBIDDEN_TRANSITION', 'the hospital has given its verdict');
  const reviews = [...before.reviews.filter((one) => one !== earlier), review];
  const after = { ...before, reviews };
  return { ...after, state: outcomeOf(after) };
}

function outcomeOf(emergency: Emergency): EmergencyState {
  const { reviews, requester } = emergency;
  const byOwn = reviews.some((review) => findsAbuse(review) && review.mspId === requester.mspId);
  if (byOwn || isAbuseToOthers(emergency)) return 'abuse';
  return reviews.every(findsAbuse) ? 'under-review' : 'upheld';
}

/** Whether hospitals other than the requester's find abuse, enough of them whatever its own hospital says. */
export function isAbuseToOthers({ reviews, requester }: Pick<Emergency, 'reviews' | 'requester'>): boolean {
  const others = reviews.filter((review) => findsAbuse(review) && review.mspId !== requester.mspId);
  return others.length >= ABUSE_HOSPITALS;
}

/** Whether a review found abuse. */
export function findsAbuse({ verdict }: Review): boolean {
  return verdict === 'abuse';
}

/**
 * `open` while the emergency gives access at the instant, else the code of the refusal. The record of an emergency
 * that was opened while the ledger stalled gives none: its keys were released before, by its own procedure.
 */
export function emergencyCovers(
  emergency: Emergency,
  at: Instant,
): 'open' | Extract<ErrorCode, `EMERGENCY_${string}`> {
  if (emergency.degradedRequest !== undefined) return 'EMERGENCY_NOT_OPEN';
  const state = stateAt(emergency, at);
  if (state === 'expired') return 'EMERGENCY_EXPIRED';
  if (at < emergency.requester.at) return 'EMERGENCY_NOT_OPEN';
  return state === 'requested' || state === 'cosigned' ? 'open' : 'EMERGENCY_NOT_OPEN';
}

/** What an emergency reaches: the summary, or the full chart once a second clinician and a foreign duty officer agreed. */
export function effectiveScope(emergency: Emergency): 'summary' | 'full' {
  const approved = emergency.cosigner !== undefined && emergency.dutyOfficer !== undefined;
  return emergency.scope === 'full' && approved ? 'full' : 'summary';
}

/** The emergency as far as those who vouched for it may act: a stolen key that was found out vouches for nothing. */
export function vouchedFor(
  { cosigner, dutyOfficer, ...emergency }: Emergency,
  mayAct: (actor: Actor) => boolean,
): Emergency {
  return {
    ...emergency,
    ...(cosigner !== undefined && mayAct(cosigner) && { cosigner }),
    ...(dutyOfficer !== undefined && mayAct(dutyOfficer) && { dutyOfficer }),
  };
}

/**
 * As {@link vouchedFor}, and another may co-sign where the one who did may act no more. Their hospital has had its turn,
 * unless it is the requester's: else it would fill the places with one after the other, and every reading under the
 * emergency would meet a conflict.
 */
export function withFreePlaces(emergency: Emergency, mayAct: (actor: Actor) => boolean): Emergency {
  const { cosigner, dutyOfficer, requester } = emergency;
  const left = [cosigner, dutyOfficer]
    .filter((actor) => actor !== undefined)
    .filter((actor) => !mayAct(actor) && actor.mspId !== requester.mspId);
  const withdrawn = [...new Set([...(emergency.withdrawn ?? []), ...left.map(({ mspId }) => mspId)])].sort();
  const vouched = {
    ...vouchedFor(emergency, mayAct),
    ...(withdrawn.length > 0 && { withdrawn }),
  };
  const isFree = emergency.state === 'cosigned' && vouched.cosigner === undefined;
  return isFree ? { ...vouched, state: 'requested' } : vouched;
}

/** Whether an actor is among people, and active. */
export function isActiveAmong(
  people: readonly Pick<Practitioner, 'mspId' | 'practitionerId' | 'status'>[],
): (actor: Actor) => boolean {
  return ({ mspId, practitionerId }) =>
    people.some(
      (person) =>
        person.mspId === mspId && person.practitionerId === practitionerId && person.status === 'active',
    );
}

/** Whether two actors are one person, under whatever enrolment, or use one certificate. */
export function samePerson(
  a: Pick<Actor, 'mspId' | 'practitionerId' | 'personTag' | 'certificate'>,
  b: typeof a,
): boolean {
  if (a.certificate === b.certificate) return true;
  return a.mspId === b.mspId && (a.practitionerId === b.practitionerId || a.personTag === b.personTag);
}

/** How a hospital's emergencies went, and what its clinicians may open in {@link QUOTA_WINDOW_MS}. */
export type EmergencyMetrics = Readonly<{
  mspId: MspId;
  opened: number;
  openedInWindow: number;
  awaitingReview: number;
  overdue: number;
  upheld: number;
  abuse: number;
  contested: number;
  quota: number;
  /** Notices of this hospital's office and of its patients that were not fetched yet, and those that should have been. */
  noticesPending: number;
  noticesOverdue: number;
}>;

/** What requester, second clinician and duty officer sign alike. */
export function factsOf(of: EmergencyFacts): EmergencyFacts {
  const { emergencyId: id, handle: patient, reason, reasonHash, scope, timeBoxMinutes } = of;
  return { emergencyId: id, handle: patient, reason, reasonHash, scope, timeBoxMinutes };
}

/** End of the time box, and when the review of somebody who acts alone is due. */
export function deadlines(
  request: EmergencyFacts,
  openedAt: Instant,
): Readonly<{ expiresAt: Instant; reviewDueAt: Instant }> {
  return {
    expiresAt: later(openedAt, request.timeBoxMinutes * 60_000),
    reviewDueAt: later(openedAt, LONE_REVIEW_DUE_MS),
  };
}

/** Arguments of `emergency:ListByHandle`: one page. */
export const listEmergencies = object({ handle, pageSize: integer(1, 200) }, { bookmark: text(1024) });
/** An emergency with its contests, oldest first: the patient's, and of many guardians' a bounded number. */
export type EmergencyView = Emergency & Required<Pick<Emergency, 'contests'>>;
export type EmergencyPage = Readonly<{ emergencies: readonly EmergencyView[]; bookmark?: string }>;
