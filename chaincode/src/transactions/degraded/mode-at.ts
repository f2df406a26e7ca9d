// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import {
  MAX_PAST_VOTES,
  MAX_VOTES_ON,
  VOTES_WINDOW_MS,
  type DegradedMode,
  type PastVote,
} from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { later, type Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';

/** Keeps what a hospital's vote was until now: taking it back later does not undo what was opened under it. */
export async function keepPastVote(ledger: Ledger, mspId: MspId, mode: DegradedMode): Promise<void> {
  const key = keys.pastVotes(mspId);
  const before = (await read(ledger, key))?.past ?? [];
  const past = [...before, { mode, until: ledger.now }].slice(-MAX_PAST_VOTES);
  await write(ledger, key, { v: 1, mspId, past });
}

/**
 * Throws RATE_LIMITED once a hospital has turned its vote on so often lately: other hospitals' entries read the votes, and
 * one that is rewritten without end would keep them from the ledger. Taking a vote back is never refused.
 */
export async function requireFewVotes(ledger: Ledger, mspId: MspId): Promise<void> {
  const { past = [] } = (await read(ledger, keys.pastVotes(mspId))) ?? {};
  const since = later(ledger.now, -VOTES_WINDOW_MS);
  const lately = past.filter(({ mode, until }) => mode === 'off' && until > since);
  if (lately.length >= MAX_VOTES_ON)
    throw new DomainError('RATE_LIMITED', 'the hospital has turned its vote on too often today');
}

/**
 * Whether the votes had the mode on at an instant, give or take the clock skew, as far as they are still known; `needed`
 * hospitals had to vote so.
 */
export async function wasOn(reader: Reader, at: Instant, needed: number): Promise<boolean> {
  const active = (await read(reader, keys.custodians()))?.members ?? [];
  const votes = await Promise.all(active.map(({ mspId }) => hadVotedOn(reader, mspId, at)));
  return votes.filter((isOn) => isOn).length >= Math.max(needed, Math.floor(active.length / 2) + 1);
}

async function hadVotedOn(reader: Reader, mspId: MspId, at: Instant): Promise<boolean> {
  const [present, kept] = await Promise.all([
    read(reader, keys.degradedVote(mspId)),
    read(reader, keys.pastVotes(mspId)),
  ]);
  // What the kept votes do not reach back to is not known, and is held against no request.
  const [oldest] = kept?.past ?? [];
  if (kept?.past.length === MAX_PAST_VOTES && oldest !== undefined && at <= oldest.until) return true;
  const past: readonly (PastVote | Readonly<{ mode: DegradedMode; until: undefined }>)[] = [
    ...(kept?.past ?? []),
    { mode: present?.mode ?? 'off', until: undefined },
  ];
  const [from, to] = [later(at, -CLOCK_SKEW_MS), later(at, CLOCK_SKEW_MS)];
  return past.some(({ mode, until }, position) => {
    const since = position === 0 ? undefined : past[position - 1]?.until;
    return mode === 'on' && (until === undefined || until >= from) && (since === undefined || since <= to);
  });
}
