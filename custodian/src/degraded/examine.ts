// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  CLOCK_SKEW_MS,
  decideByEmergency,
  degradedEmergency,
  degradedOpenBy,
  degradedRequestHash,
  degradedSigners,
  DomainError,
  instantOf,
  later,
  msOf,
  segmentNameOf,
  type DegradedContext,
  type DegradedQuestion,
  type Emergency,
  type EmergencyId,
  type Instant,
  type KnownPerson,
  type SegmentRef,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { IsIdentityHeld } from '../holds/identity-holds.js';
import type { MemberAuthorities } from '../ledger/ledger.js';
import { findSegment, ManifestHashes, type FoundSegment } from '../monitor/open-segment.js';
import { eachYielding, type Turns } from '../turns.js';
import { requirePeople, type Team } from './require-people.js';
import { requireSigners, type Signer } from './require-signers.js';

/** Everything outside the examination that it asks; each is answered by the own peer, the own disk or the own clock. */
export type ExamineParts = Readonly<{
  channel: string;
  clock: Clock;
  /** The other custodians' time. */
  othersTime: () => Instant | undefined;
  /** Whether the vote is on in the last known state. */
  isOn: () => Promise<boolean>;
  /** Whether the ledger stalls; throws PEER_STALE or PEER_FORKED. `asking` waits for an answer of the others first. */
  isStalled: (how: 'asking' | 'now') => Promise<boolean>;
  readContext: (question: DegradedQuestion) => Promise<DegradedContext>;
  authorities: () => Promise<readonly MemberAuthorities[]>;
  isIdentityHeld: IsIdentityHeld;
  /** Whether this custodian has taken the request already. */
  isTaken: (requestHash: string) => boolean;
}>;

/** What is known of a request that everything speaks for. It has nothing of records, which can have megabytes. */
export type Examined = Readonly<{
  request: SignedDegradedRequest;
  requestHash: string;
  signers: readonly Signer[];
  custodians: DegradedContext['custodians'];
  /** Whose emergency it is. */
  person: KnownPerson | undefined;
}>;

type Reading = Readonly<{ context: DegradedContext }>;

/** For which step and segments a request is examined, and the turns of the hospital that asks. */
type Asking<T> = Readonly<{
  how: 'asking' | 'now';
  turns: Turns;
  segments: readonly SegmentRef[];
  /** Works on the segments in the turn in which they are read. */
  use: (examined: Examined, found: readonly FoundSegment[]) => Promise<T> | T;
}>;

/**
 * The ordered checks of an emergency that the ledger cannot take, deny first, as cryptography tells them under
 * "Emergencies while the ledger stalls": signed by two clinicians of this consortium, on by vote, the ledger stalled
 * indeed, each clinician entitled as for any emergency, in time, and every segment asked about named and within reach.
 * Only what clinicians signed makes a custodian ask its peer, or wait for the ledger, and who waits takes no turn
 * meanwhile. What the own peer says of records lives within one turn: a hospital's requests hold no more readings than
 * it has turns at a time. All of it is granted, or nothing. Throws the code of the refusal.
 */
export async function examine<T>(
  parts: ExamineParts,
  request: SignedDegradedRequest,
  { how, turns, segments: refs, use }: Asking<T>,
): Promise<T> {
  const arrivedAt = instantOf(parts.clock());
  const signers = await turns.take(() => requireSigned(parts, request, refs));
  await requireStalled(parts, how);
  return turns.take(async () => {
    const requestHash = hashOf(request);
    const context = await parts.readContext(questionOf(request, refs));
    const team = requireEntitled(parts, { request, signers, context });
    const times = requireOpen(parts, request.statement);
    requireArrived(parts, { statement: request.statement, requestHash, arrivedAt });
    const emergency = emergencyOf(request, requestHash, team);
    const found = await eachYielding(refs, reachOf({ request, context, team, emergency, times }));
    const { custodians, people } = context;
    return use({ request, requestHash, signers, custodians, person: people[0] }, found);
  });
}

/**
 * What may have changed while a request waited for the other work of its hospital: the vote, the stall, the time box and
 * the holds. Throws the code of the refusal.
 */
export async function requireUnchanged(parts: ExamineParts, { request, signers }: Examined): Promise<void> {
  await requireOn(parts);
  await requireStalled(parts, 'now');
  requireNotHeld(parts, signers);
  requireOpen(parts, request.statement);
}

async function requireSigned(
  parts: ExamineParts,
  request: SignedDegradedRequest,
  segments: readonly SegmentRef[],
): Promise<readonly Signer[]> {
  if (request.statement.channel !== parts.channel)
    throw new DomainError('BAD_REQUEST', 'the request is of another channel');
  requireNamed(request, segments);
  const known = { authorities: await parts.authorities(), now: parts.clock() };
  const signers = requireSigners(request, known);
  await requireOn(parts);
  return signers;
}

function requireEntitled(
  parts: ExamineParts,
  { request, signers, context }: Pick<Examined, 'request' | 'signers'> & Reading,
): Team {
  const team = requirePeople(request, signers, context);
  requireNotHeld(parts, signers);
  if (context.patient?.status !== 'active') throw new DomainError('NOT_FOUND', 'no such patient');
  return team;
}

async function requireOn({ isOn }: ExamineParts): Promise<void> {
  if (!(await isOn()))
    throw new DomainError('DEGRADED_OFF', 'the consortium has not voted for opening without the ledger');
}

async function requireStalled({ isStalled }: ExamineParts, how: 'asking' | 'now'): Promise<void> {
  if (!(await isStalled(how)))
    throw new DomainError('LEDGER_NOT_STALLED', 'the ledger works; open the emergency the ordinary way');
}

function requireNotHeld({ isIdentityHeld }: ExamineParts, signers: readonly Signer[]): void {
  if (signers.some((signer) => isIdentityHeld(signer)))
    throw new DomainError('HELD', 'the identity of a person who signed is held');
}

/** The name of a request. */
export function hashOf(request: SignedDegradedRequest): string {
  return degradedRequestHash(request, (bytes) => createHash('sha256').update(bytes).digest());
}

/** Under what a request counts against quotas before the ledger has given its emergency a name. */
export function countedAs(requestHash: string): EmergencyId {
  return `em_${requestHash.slice(0, 22)}` as EmergencyId;
}

/** The own clock, and the others' where that is later: the time box closes by whichever says so first. */
function requireOpen(
  { clock, othersTime }: ExamineParts,
  { declaredAt, timeBoxMinutes }: SignedDegradedRequest['statement'],
): readonly Instant[] {
  const own = instantOf(clock());
  const others = othersTime();
  const times = others !== undefined && others > own ? [own, others] : [own];
  if (msOf(declaredAt) - msOf(own) > CLOCK_SKEW_MS)
    throw new DomainError('EMERGENCY_NOT_OPEN', 'the request claims a time in the future');
  if (times.some((at) => later(declaredAt, timeBoxMinutes * 60_000) <= at))
    throw new DomainError('EMERGENCY_EXPIRED', 'the time box has run out');
  return times;
}

/** A request that is new here comes by {@link degradedOpenBy}; how long it then waits here is not held against it. */
function requireArrived(
  { isTaken }: ExamineParts,
  {
    statement,
    requestHash,
    arrivedAt,
  }: Pick<SignedDegradedRequest, 'statement'> & Readonly<{ requestHash: string; arrivedAt: Instant }>,
): void {
  if (arrivedAt > degradedOpenBy(statement) && !isTaken(requestHash))
    throw new DomainError('DEGRADED_OVERDUE', 'the request came too late; prepare, sign and open it again');
}

/** Throws BAD_REQUEST unless a request names each of its segments once, and those asked about among them. */
function requireNamed({ statement }: SignedDegradedRequest, segments: readonly SegmentRef[]): void {
  const named = new Set(statement.segments.map(segmentNameOf));
  if (named.size !== statement.segments.length)
    throw new DomainError('BAD_REQUEST', 'a request names a segment once only');
  if (!segments.every((ref) => named.has(segmentNameOf(ref))))
    throw new DomainError('BAD_REQUEST', 'the request does not name a segment that is asked for');
}

function questionOf(request: SignedDegradedRequest, segments: readonly SegmentRef[]): DegradedQuestion {
  const { handle, scope } = request.statement;
  const people = degradedSigners(request).map(({ mspId, practitionerId }) => ({ mspId, practitionerId }));
  return { handle, scope, people, segments };
}

function emergencyOf(request: SignedDegradedRequest, requestHash: string, team: Team): Emergency {
  const { requester, cosigner, dutyOfficer } = team;
  return degradedEmergency(request, {
    ...{ emergencyId: countedAs(requestHash), recordedAt: request.statement.declaredAt },
    ...{ requester: requester.actor, cosigner: cosigner.actor },
    ...(dutyOfficer && { dutyOfficer: dutyOfficer.actor }),
  });
}

/** Finds a segment that the emergency reaches; throws the code of the refusal of any other. */
function reachOf({
  request,
  context,
  team,
  emergency,
  times,
}: Pick<Examined, 'request'> &
  Reading &
  Readonly<{ team: Team; emergency: Emergency; times: readonly Instant[] }>): (
  ref: SegmentRef,
) => FoundSegment {
  const { handle, declaredAt } = request.statement;
  const { mspId, practitionerId, role, department } = team.requester.practitioner;
  const requester = { mspId, practitionerId, role, department };
  // A clock that runs slow within what is allowed must not make the request too early for its own rules.
  const instants = times.map((at) => (at < declaredAt ? declaredAt : at));
  const hashes = new ManifestHashes();
  return (ref) => {
    const found = findSegment({ ...context, intent: { handle } }, ref, hashes);
    for (const at of instants) {
      const question = { requester, segment: found.facts, purpose: 'BTG', at } as const;
      const decision = decideByEmergency(question, emergency);
      if (decision.decision === 'deny')
        throw new DomainError(decision.code, 'this emergency does not reach a segment that it names');
    }
    return found;
  };
}
