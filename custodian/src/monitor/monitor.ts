// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  instantOf,
  type Decision,
  type ErrorCode,
  type Handle,
  type Instant,
  type IntentSegment,
  type ReleaseContext,
  type ReleaseRequest,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { decodeBase64url, type SecretShare } from '@tutela/crypto';
import type { Clock } from '../clock.js';
import type { HoldWatch } from '../holds/holds.js';
import { decideByPolicy } from './decide-by-policy.js';
import { decodeContext } from './decode-context.js';
import { findSegment, openSegment, type FoundSegment } from './open-segment.js';
import type { RateLimits } from './rate-limits.js';
import type { ContextRead } from './read-ahead.js';
import { requireActive } from './require-active.js';
import { requireUnheld, withoutHeldVouchers } from './require-unheld.js';
import { requireLifetime } from './require-lifetime.js';
import { verifiedConsents } from './verified-consents.js';
import { withoutHeld } from './without-held.js';

/** Everything outside the monitor that it asks; each is answered by the own peer, the own disk or the own clock. */
export type MonitorParts = Readonly<{
  channel: string;
  clock: Clock;
  /** Check 1; throws PEER_STALE or PEER_FORKED. */
  requireFresh: () => Promise<void>;
  /** First half of check 2: what the own peer's current state says of the intent; throws INTENT_UNCOMMITTED without one. */
  readContext: (request: ReleaseRequest) => Promise<ContextRead>;
  /** Whether no block since has changed what was read for a patient's reader. */
  isStillSo: (read: ContextRead, handle: Handle) => boolean;
  /** Second half of check 2: the block of that transaction, seen by t−1 others too. Returns its height; throws INTENT_UNCOMMITTED or PEER_STALE. */
  requireConfirmed: (txId: string) => Promise<number>;
  /** The other hospitals' time. */
  othersTime: () => Instant | undefined;
  /** Begins to watch the holds, for check 6. */
  watchHolds: () => HoldWatch;
  limits: RateLimits;
  /** The own share of the active set; throws CUSTODY_INACTIVE. */
  shareOf: (set: ReleaseContext['custodians']) => SecretShare;
}>;

/** What was decided about one segment. */
export type SegmentOutcome =
  | Readonly<{ decision: 'permit'; ref: SegmentRef; label: Uint8Array; share: Uint8Array }>
  | Readonly<{ decision: 'deny'; ref: SegmentRef; code: ErrorCode }>;

/** What was decided about an intent, and in which epoch. */
export type Judgement = Readonly<{
  context: ReleaseContext;
  height: number;
  share: Pick<SecretShare, 'epoch' | 'index'>;
  outcomes: readonly SegmentOutcome[];
}>;

/**
 * Decides what of an intent is released: the ordered list of cryptography §6.1, deny first. Everything is read from
 * the own peer; what a request says beyond the intent's id merely lets that be read in time. `asking` is the hospital
 * of the caller's TLS certificate: to any but the requester's the intent does not exist, or others could use up its
 * rate limits. Throws for a refusal of the whole intent.
 */
export async function judge(
  parts: MonitorParts,
  request: ReleaseRequest,
  asking: string,
): Promise<Judgement> {
  const { isHeld, isIdentityHeld } = parts.watchHolds();
  await parts.requireFresh(); // 1
  const { context: read, height } = await confirmedContext(parts, request, asking); // 2
  const context = withoutHeldVouchers(read, isIdentityHeld);
  const clocks = ownAndOthersTime(parts);
  requireLifetime(context.intent, clocks);
  requireActive(context); // 3
  requireUnheld(context, isIdentityHeld); // 6
  const decided = decideSegments({ ...parts, isHeld }, context, [...clocks, context.intent.declaredAt]); // 4, 5, 6
  if (decided.some(({ decision }) => decision === 'permit'))
    parts.limits.admit(subjectOf(context), parts.clock()); // 7
  const share = parts.shareOf(context.custodians);
  const publicKey = decodeBase64url(context.custodians.publicKey, 32);
  const outcomes = decided.map((one) => (one.decision === 'permit' ? open(one, { publicKey, share }) : one)); // 8
  return { context, height, share: { epoch: share.epoch, index: share.index }, outcomes };
}

/** Check 2. What was read is read again if it was touched while others confirmed the intent's block. */
async function confirmedContext(
  parts: MonitorParts,
  request: ReleaseRequest,
  asking: string,
): Promise<Readonly<{ context: ReleaseContext; height: number }>> {
  const { intentId } = request;
  const read = await parts.readContext(request);
  const context = decodeContext(read.context);
  const { intent } = context;
  if (intent.intentId !== intentId || intent.requester.mspId !== asking)
    throw new DomainError('INTENT_UNCOMMITTED', 'no such intent');
  const height = await parts.requireConfirmed(intent.txId);
  if (parts.isStillSo(read, intent.handle)) return { context, height };
  return { context: decodeContext((await parts.readContext({ intentId })).context), height };
}

type Denied = Extract<SegmentOutcome, { decision: 'deny' }>;
type Decided = Readonly<{ decision: 'permit'; ref: SegmentRef; found: FoundSegment }> | Denied;

function decideSegments(
  parts: Pick<MonitorParts, 'channel'> & Pick<HoldWatch, 'isHeld'>,
  context: ReleaseContext,
  times: readonly Instant[],
): readonly Decided[] {
  const { valid, forged } = verifiedConsents(context, parts.channel); // 4
  const kept = withoutHeld(valid, parts.isHeld);
  return context.intent.segments.map((segment) =>
    coded(segment, (ref): Decided => {
      if (segment.decision === 'deny') return { decision: 'deny', ref, code: segment.code };
      const found = findSegment(context, ref);
      const question = { segment: found.facts, times };
      const decision = decideByPolicy(context, valid, question); // 5
      if (decision.decision === 'deny')
        return {
          decision: 'deny',
          ref,
          code: reasonOf(decision, decideByPolicy(context, [...valid, ...forged], question)),
        };
      if (decideByPolicy(context, kept, question).decision === 'deny')
        return { decision: 'deny', ref, code: 'HELD' }; // 6
      return { decision: 'permit', ref, found };
    }),
  );
}

/** A refusal for want of a consent says so when only a forged one would have given it. */
function reasonOf({ code }: Extract<Decision, { decision: 'deny' }>, withForged: Decision): ErrorCode {
  return withForged.decision === 'permit' ? 'SIGNATURE_INVALID' : code;
}

function open(
  { ref, found }: Extract<Decided, { decision: 'permit' }>,
  key: Readonly<{ publicKey: Uint8Array; share: SecretShare }>,
): SegmentOutcome {
  return coded(ref, () => ({ decision: 'permit', ref, ...openSegment(found, key) }));
}

/** A coded refusal concerns its segment alone; any other failure ends the whole. */
function coded<T>(of: SegmentRef | IntentSegment, decide: (ref: SegmentRef) => T): T | Denied {
  const ref = { recordId: of.recordId, version: of.version, segmentId: of.segmentId };
  try {
    return decide(ref);
  } catch (error) {
    if (error instanceof DomainError) return { decision: 'deny', ref, code: error.code };
    throw error;
  }
}

/** The own clock, and the others' where that is later: a window closes by whichever says so first. */
function ownAndOthersTime({ clock, othersTime }: MonitorParts): readonly Instant[] {
  const own = instantOf(clock());
  const others = othersTime();
  return others !== undefined && others > own ? [own, others] : [own];
}

function subjectOf({ intent }: ReleaseContext): Parameters<RateLimits['admit']>[0] {
  const { intentId, requester, basis } = intent;
  return basis.kind === 'emergency'
    ? { intentId, requester, emergencyId: basis.emergencyId }
    : { intentId, requester };
}
