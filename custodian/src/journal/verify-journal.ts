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
  const faultIn = lineChecker(expected);
  for (const line of lines) {
    const fault = faultIn(line);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Lines that are checked before the event loop goes on with releases that wait. */
const LINES_BETWEEN_YIELDS = 64;

/** As {@link verifyJournal}, for a journal of any length beside other work. */
export async function verifyYielding(
  lines: readonly JournalLine[],
  expected: Expected,
): Promise<JournalFault | undefined> {
  const faultIn = lineChecker(expected);
  for (const [at, line] of lines.entries()) {
    const fault = faultIn(line);
    if (fault !== undefined) return fault;
    if (at % LINES_BETWEEN_YIELDS === LINES_BETWEEN_YIELDS - 1) await setImmediate();
  }
  return undefined;
}

function lineChecker({ publicKeys, from }: Expected): (line: JournalLine) => JournalFault | undefined {
  let next = from;
  let inUse = 0;
  return (line) => {
    const { seq, prevHash, signature } = line;
    if (seq !== next.seq) return { seq: next.seq, fault: 'sequence' };
    if (prevHash !== next.prevHash) return { seq, fault: 'chain' };
    const signed = [JOURNAL_PREFIX, unsignedLine(line)] as const;
    inUse = publicKeys.findIndex((key, at) => at >= inUse && isTaggedSignedBy(key, signed, signature));
    if (inUse < 0) return { seq, fault: 'signature' };
    next = { seq: seq + 1, prevHash: lineHash(line) };
    return undefined;
  };
}
