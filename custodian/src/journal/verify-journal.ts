// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { isTaggedSignedBy } from '../identity.js';
import { JOURNAL_PREFIX, lineHash, unsignedLine, type JournalLine } from './entry.js';

/** The first fault of a journal: at which line, and what is wrong. */
export type JournalFault = Readonly<{ seq: number; fault: 'line' | 'sequence' | 'chain' | 'signature' }>;

/** What consecutive lines are checked against. */
type Expected = Readonly<{
  /** Every signing key that their custodian registered, oldest first. */
  publicKeys: readonly string[];
  from: Readonly<{ seq: number; prevHash: string }>;
}>;

/**
 * Checks consecutive lines: numbered without a gap, each naming the hash of the line before, each signed with a key of
 * the custodian that is no older than that of the line before. Returns the first fault, or undefined.
 */
export function verifyJournal(lines: readonly JournalLine[], expected: Expected): JournalFault | undefined {
  const checking = check(lines, expected);
  let step = checking.next();
  while (step.done !== true) step = checking.next();
  return step.value;
}

/** Verifications that are done before the event loop goes on with releases that wait. */
export const VERIFICATIONS_AT_ONCE = 64;

/** As {@link verifyJournal}, for a journal of any length, and a custodian of any number of keys, beside other work. */
export async function verifyYielding(
  lines: readonly JournalLine[],
  expected: Expected,
): Promise<JournalFault | undefined> {
  const checking = check(lines, expected);
  let step = checking.next();
  for (let verified = 1; step.done !== true; verified += 1) {
    if (verified % VERIFICATIONS_AT_ONCE === 0) await setImmediate();
    step = checking.next();
  }
  return step.value;
}

/** Checks the lines, and stops after each verification. */
function* check(
  lines: readonly JournalLine[],
  { publicKeys, from }: Expected,
): Generator<undefined, JournalFault | undefined> {
  let next = from;
  let inUse = 0;
  for (const line of lines) {
    const { seq, prevHash, signature } = line;
    if (seq !== next.seq) return { seq: next.seq, fault: 'sequence' };
    if (prevHash !== next.prevHash) return { seq, fault: 'chain' };
    const signed = [JOURNAL_PREFIX, unsignedLine(line)] as const;
    const isSigned = (): boolean => isTaggedSignedBy(publicKeys[inUse] ?? '', signed, signature);
    for (; inUse < publicKeys.length && !isSigned(); inUse += 1) yield;
    if (inUse === publicKeys.length) return { seq, fault: 'signature' };
    yield;
    next = { seq: seq + 1, prevHash: lineHash(line) };
  }
  return undefined;
}
