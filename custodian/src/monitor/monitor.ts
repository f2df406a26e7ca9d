// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  instantOf,
  permitted,
  type Decision,
  type ErrorCode,
  type Instant,
  type Intent,
  type IntentId,
  type IntentSegment,
  type ReleaseContext,
  type ReleaseRequest,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { CryptoError, type SecretShare } from '@tutela/crypto';
import type { ByHospital } from '../by-hospital.js';
import type { Clock } from '../clock.js';
import type { HoldWatch } from '../holds/holds.js';
import { decideByPolicy } from './decide-by-policy.js';
import { findSegment, type FoundSegment, type OpenedSegment } from './open-segment.js';
import type { RateLimits } from './rate-limits.js';
import type { Readings } from './readings.js';
import { eachYielding } from '../turns.js';
import { requireActive } from './require-active.js';
import { requireUnheld, withoutHeldVouchers } from './require-unheld.js';
import { requireLifetime } from './require-lifetime.js';
import { withoutHeld } from './without-held.js';

/** Everything outside the monitor that it asks; each is answered by the own peer, the own disk or the own clock. */
export type MonitorParts = Readonly<{
  channel: string;
  clock: Clock;
  /** Check 1; throws PEER_STALE or PEER_FORKED. */
  requireFresh: () => Promise<void>;
  /**
   * The intent, when the own peer has it; throws INTENT_UNCOMMITTED if it does not come. `meanwhile` gets what the peer
   * would say of one that is ordered and has not come.
   */
  awaitIntent: (
    readings: Readings,
    request: ReleaseRequest,
    meanwhile: (context: ReleaseContext) => Promise<void>,
  ) => Promise<Intent>;
  /** First half of check 2, within a turn: what the own peer's current state says of an intent that has come. */
  readContext: (readings: Readings, intentId: IntentId) => Promise<ReleaseContext>;
  /** What was read for each hospital's gateways, and the turns that their requests take. */
  readings: ByHospital<Readings>;
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
  | (OpenedSegment & Readonly<{ decision: 'permit'; ref: SegmentRef }>)
  | Readonly<{ decision: 'deny'; ref: SegmentRef; code: ErrorCode }>;

/** What was decided about an intent, and in which epoch. It has nothing of records, which can have megabytes. */
export type Judgement = Readonly<{
  intent: Intent;
  transcriptHash: string;
  height: number;
  share: Pick<SecretShare, 'epoch' | 'index'>;
  outcomes: readonly SegmentOutcome[];
}>;

/** What would be released of an intent that is awaited. */
export type Draft = Omit<Judgement, 'height'>;

/** Who asks, and what is passed to it before the judgement. */
export type Asker = Readonly<{
  asking: string;
  precompute?: (draft: Draft) => void;
  recognised?: (intent: Intent) => void;
}>;

/**
 * Decides what of an intent is released: the checks that cryptography numbers under "What a custodian checks before a
 * share leaves", deny first. Everything is read from the own peer; what a request says beyond the intent's id merely
 * lets that be read in time. `asking` is the hospital of the caller's TLS certificate: to any but the requester's the
 * intent does not exist, or others could use up its rate limits. `precompute` gets what would be released of an intent
 * that was read ahead, before its block is awaited; where that is what is decided, the outcomes hold the very same
 * shares. `recognised` gets an intent that is the asking hospital's own and in time, whatever is decided then. All is
 * decided in one turn of the hospital, on what the own peer says in that turn; before it only the intent is held. Throws
 * for a refusal of the whole intent.
 */
export async function judge(
  parts: MonitorParts,
  { intentId, ordered }: ReleaseRequest,
  { asking, precompute, recognised }: Asker,
): Promise<Judgement> {
  const own = { ...parts, readings: parts.readings.of(asking) };
  const { readings } = own;
  const { isHeld, isIdentityHeld } = parts.watchHolds();
  await parts.requireFresh(); // 1
  const isOwn = ordered?.requester.mspId === asking;
  const awaited = await parts.awaitIntent(
    readings,
    { intentId, ...(isOwn && { ordered }) },
    precomputation(own, precompute),
  );
  requireAskedFor(awaited, { intentId, asking });
  const height = await parts.requireConfirmed(awaited.txId); // 2
  return readings.turns.take(async () => {
    await parts.requireFresh(); // 1, since the turn may have been long in coming
    const read = await parts.readContext(readings, intentId); // 2
    const context = withoutHeldVouchers(read, isIdentityHeld);
    const { intent, custodians } = context;
    requireAskedFor(intent, { intentId, asking, txId: awaited.txId });
    const clocks = ownAndOthersTime(parts);
    requireLifetime(intent, clocks);
    recognised?.(intent);
    requireActive(context); // 3
    requireUnheld(context, isIdentityHeld); // 6
    const decided = await decideSegments({ ...own, isHeld }, context, [...clocks, intent.declaredAt]); // 4, 5, 6
    if (decided.some(({ decision }) => decision === 'permit'))
      parts.limits.admit(subjectOf(context), parts.clock()); // 7
    const { epoch, index } = parts.shareOf(custodians);
    const outcomes = await eachYielding(decided, (one) =>
      one.decision === 'permit' ? open(own, context, one) : one,
    ); // 8
    const { transcriptHash } = custodians;
    return { intent, transcriptHash, height, share: { epoch, index }, outcomes };
  });
}

type ForHospital = Omit<MonitorParts, 'readings'> & Readonly<{ readings: Readings }>;

/** Calls `precompute` with what would be released of an intent that has not come, as its gateway says it was permitted. */
function precomputation(
  parts: ForHospital,
  precompute: Asker['precompute'],
): (context: ReleaseContext) => Promise<void> {
  return async (context) => {
    try {
      precompute?.(await draftOf(parts, context));
    } catch (error) {
      // What cannot be precomputed is done, or refused by its own code, when it is due.
      if (!(error instanceof DomainError) && !(error instanceof CryptoError)) throw error;
    }
  };
}

async function draftOf(parts: ForHospital, context: ReleaseContext): Promise<Draft> {
  const { intent, custodians } = context;
  const { epoch, index } = parts.shareOf(custodians);
  const { hashes } = parts.readings;
  const outcomes = await eachYielding(permitted(intent), (segment) =>
    coded(segment, (ref) => open(parts, context, { ref, found: findSegment(context, ref, hashes) })),
  );
  return { intent, transcriptHash: custodians.transcriptHash, share: { epoch, index }, outcomes };
}

/** A peer that answers with another intent, or with another hospital's, has not answered; throws INTENT_UNCOMMITTED. */
function requireAskedFor(
  { intentId, requester, txId }: Intent,
  of: Readonly<{ intentId: IntentId; asking: string; txId?: string }>,
): void {
  if (intentId !== of.intentId || requester.mspId !== of.asking || txId !== (of.txId ?? txId))
    throw new DomainError('INTENT_UNCOMMITTED', 'no such intent');
}

type Denied = Extract<SegmentOutcome, { decision: 'deny' }>;
type Decided = Readonly<{ decision: 'permit'; ref: SegmentRef; found: FoundSegment }> | Denied;

async function decideSegments(
  { channel, readings, isHeld }: Pick<ForHospital, 'channel' | 'readings'> & Pick<HoldWatch, 'isHeld'>,
  context: ReleaseContext,
  times: readonly Instant[],
): Promise<readonly Decided[]> {
  const { valid, forged } = await readings.consents.of(context, channel); // 4
  const kept = await withoutHeld(valid, isHeld);
  return eachYielding(context.intent.segments, (segment) =>
    coded(segment, (ref): Decided => {
      if (segment.decision === 'deny') return { decision: 'deny', ref, code: segment.code };
      const found = findSegment(context, ref, readings.hashes);
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
  { readings, shareOf }: Pick<ForHospital, 'readings' | 'shareOf'>,
  { custodians }: ReleaseContext,
  { ref, found }: Readonly<{ ref: SegmentRef; found: FoundSegment }>,
): SegmentOutcome {
  return coded(ref, () => ({ decision: 'permit', ref, ...readings.shares.of(found, custodians, shareOf) }));
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
