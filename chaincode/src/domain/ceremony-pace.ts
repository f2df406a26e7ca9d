// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from './consent.js';
import type { CeremonyKind } from './custody.js';
import type { MspId } from './ids.js';
import { later, type Instant } from './time.js';

/**
 * How many ceremonies a hospital may start one after the other, and how soon each of these comes back: eight a day. A
 * consortium needs three in its first hours (the key, a refresh, a reshare to who joins) and a few more where some fail.
 */
export const CEREMONY_BUDGET = 8;
export const CEREMONY_REFILL_MS = 3 * 3_600_000;
/**
 * How long a ceremony may stay open at the longest, where operators have to approve first; the custodians of the new set
 * end it then. It is counted at most, so that no hospital waits for what those who are down left open.
 */
export const MAX_CEREMONY_OPEN_MS = 4 * 3_600_000;
/** How long any other ceremony may; a refresh, or a first key of all, waits for no operator. */
export const CEREMONY_DEADLINE_MS = 15 * 60_000;
const MIN_PAUSE_MS = 60_000;

/** What keeps a hospital from starting ceremonies without end, or from keeping the place of the open one taken. */
export type CeremonyPace = Readonly<{
  v: 1;
  mspId: MspId;
  /** Until when it waits for the last one that ended without a result. */
  pausedUntil: Instant;
  /** When all that it started, whatever their end, will have come back to its budget. */
  spentUntil: Instant;
}>;

/** From when on a hospital may start its next ceremony. */
export function nextCeremonyAt({ pausedUntil, spentUntil }: CeremonyPace): Instant {
  return latest(pausedUntil, later(spentUntil, -(CEREMONY_BUDGET - 1) * CEREMONY_REFILL_MS));
}

/** The pace of a hospital once it has started a ceremony; `before` is undefined for its first. */
export function afterStart(before: CeremonyPace | undefined, mspId: MspId, now: Instant): CeremonyPace {
  const spentUntil = later(latest(before?.spentUntil ?? now, now), CEREMONY_REFILL_MS);
  return { v: 1, mspId, pausedUntil: before?.pausedUntil ?? now, spentUntil };
}

/** The pace of a hospital whose last start counts on another's account, since that one ended the ceremony. */
export function withStartBack(before: CeremonyPace): CeremonyPace {
  return { ...before, spentUntil: later(before.spentUntil, -CEREMONY_REFILL_MS) };
}

/** How long a ceremony may stay open, by whether operators have to approve it first. */
export function ceremonyDeadlineMs(isForOperators: boolean): number {
  return isForOperators ? MAX_CEREMONY_OPEN_MS : CEREMONY_DEADLINE_MS;
}

/** Whether a ceremony that was open so long had time left. */
export function isEarly(kind: CeremonyKind, openMs: number): boolean {
  return openMs < ceremonyDeadlineMs(kind === 'reshare');
}

/**
 * The pace of a hospital on whose account a ceremony ended without a result after its times say that it was open so long:
 * it waits that time, and what its starter may have hidden by a late start, once for each of `members`, the size of the
 * new set or of the set in force, whichever is larger, but a minute at least. Where the end was dated by who gains from an
 * early one, what that may hide counts too. So fewer than half of the hospitals, in turns, take the place less than half
 * of the time.
 */
export function afterFailure(
  before: CeremonyPace,
  now: Instant,
  { openMs, members, isEndOwn = false }: Readonly<{ openMs: number; members: number; isEndOwn?: boolean }>,
): CeremonyPace {
  const hiddenMs = isEndOwn ? 2 * CLOCK_SKEW_MS : CLOCK_SKEW_MS;
  const pauseMs = Math.max(MIN_PAUSE_MS, (Math.min(openMs, MAX_CEREMONY_OPEN_MS) + hiddenMs) * members);
  return { ...before, pausedUntil: later(now, pauseMs) };
}

function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
