// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import { MAX_PAST_VOTES, type DegradedMode, type PastVote } from '../../domain/degraded.js';
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
