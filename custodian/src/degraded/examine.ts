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
  type SegmentRef,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { IsIdentityHeld } from '../holds/identity-holds.js';
import type { MemberAuthorities } from '../ledger/ledger.js';
import { findSegment, ManifestHashes, type FoundSegment } from '../monitor/open-segment.js';
import type { Turns } from '../turns.js';
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

/** A request that everything known speaks for. */
export type Examined = Readonly<{
  request: SignedDegradedRequest;
  requestHash: string;
  context: DegradedContext;
  team: Team;
  signers: readonly Signer[];
  segments: readonly FoundSegment[];
}>;

/** For what a request is examined, and the turns of the hospital that asks. */
type Asking = Readonly<{ how: 'asking' | 'now'; turns: Turns; segments: readonly SegmentRef[] }>;

/**
 * The ordered checks of an emergency that the ledger cannot take, deny first, as cryptography tells them under
 * "Emergencies while the ledger stalls": signed by two clinicians of this consortium, on by vote, each clinician
 * entitled as for any emergency, the ledger stalled indeed, in time, and every segment asked about named and within
 * reach. Only what clinicians signed makes a custodian ask its peer, or wait for the ledger, and who waits takes no turn
 * meanwhile; each segment takes a turn of its own. All of it is granted, or nothing. Throws the code of the refusal.
 */
export async function examine(
  parts: ExamineParts,
  request: SignedDegradedRequest,
  { how, turns, segments: refs }: Asking,
): Promise<Examined> {
  const { context, team, signers } = await turns.take(() => requireEntitled(parts, request, refs));
  await requireStalled(parts, how);
  const { requestHash, reach } = await turns.take(() => {
    const name = hashOf(request);
    const times = requireTime(parts, request.statement, name);
    const emergency = emergencyOf(request, name, team);
    return { requestHash: name, reach: reachOf({ request, context, team, emergency, times }) };
  });
  const segments = await turns.takeEach(refs, reach);
  return { request, requestHash, context, team, signers, segments };
}

/**
 * What may have changed while a request waited for the other work of its hospital: the vote, the stall, the time box and
 * the holds. Throws the code of the refusal.
 */
export async function requireUnchanged(
  parts: ExamineParts,
  { request, requestHash, signers }: Examined,
): Promise<void> {
  await requireOn(parts);
  await requireStalled(parts, 'now');
  requireNotHeld(parts, signers);
  requireTime(parts, request.statement, requestHash);
}

async function requireEntitled(
  parts: ExamineParts,
  request: SignedDegradedRequest,
  segments: readonly SegmentRef[],
): Promise<Pick<Examined, 'context' | 'team' | 'signers'>> {
  if (request.statement.channel !== parts.channel)
    throw new DomainError('BAD_REQUEST', 'the request is of another channel');
  requireNamed(request, segments);
  const known = { authorities: await parts.authorities(), now: parts.clock() };
  const signers = requireSigners(request, known);
  await requireOn(parts);
  const context = await parts.readContext(questionOf(request, segments));
  const team = requirePeople(request, signers, context);
  requireNotHeld(parts, signers);
  if (context.patient?.status !== 'active') throw new DomainError('NOT_FOUND', 'no such patient');
  return { context, team, signers };
}

async function requireOn({ isOn }: ExamineParts): Promise<void> {
  if (!(await isOn()))
    throw new DomainError('DEGRADED_OFF', 'the consortium has not voted for opening without the ledger');
}

async function requireStalled({ isStalled }: ExamineParts, how: Asking['how']): Promise<void> {
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

/**
 * The own clock, and the others' where that is later: the time box closes by whichever says so first. A request that is
 * new here comes by {@link degradedOpenBy}.
 */
function requireTime(
  { clock, othersTime, isTaken }: ExamineParts,
  statement: SignedDegradedRequest['statement'],
  requestHash: string,
): readonly Instant[] {
  const { declaredAt, timeBoxMinutes } = statement;
  const own = instantOf(clock());
  const others = othersTime();
  const times = others !== undefined && others > own ? [own, others] : [own];
  if (msOf(declaredAt) - msOf(own) > CLOCK_SKEW_MS)
    throw new DomainError('EMERGENCY_NOT_OPEN', 'the request claims a time in the future');
  if (times.some((at) => later(declaredAt, timeBoxMinutes * 60_000) <= at))
    throw new DomainError('EMERGENCY_EXPIRED', 'the time box has run out');
  if (own > degradedOpenBy(statement) && !isTaken(requestHash))
    throw new DomainError('DEGRADED_OVERDUE', 'the request came too late; prepare, sign and open it again');
  return times;
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
}: Pick<Examined, 'request' | 'context' | 'team'> &
  Readonly<{ emergency: Emergency; times: readonly Instant[] }>): (ref: SegmentRef) => FoundSegment {
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
