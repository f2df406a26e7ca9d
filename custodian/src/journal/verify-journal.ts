// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { isTaggedSignedBy } from '../identity.js';
import { JOURNAL_PREFIX, lineHash, unsignedLine, type JournalLine } from './entry.js';

/** The first fault of a journal: at which line, and what is wrong. */
export type JournalFault = Readonly<{ seq: number; fault: 'line' | 'sequence' | 'chain' | 'signature' }>;

/**
 * Checks consecutive lines: numbered without a gap, each naming the hash of the line before, each signed by the
 * custodian's key. Returns the first fault, or undefined.
 */
export function verifyJournal(
  lines: readonly JournalLine[],
  { publicKey, from }: Readonly<{ publicKey: string; from: Readonly<{ seq: number; prevHash: string }> }>,
): JournalFault | undefined {
  let expected = from;
  for (const line of lines) {
    const { seq, prevHash } = line;
    if (seq !== expected.seq) return { seq: expected.seq, fault: 'sequence' };
    if (prevHash !== expected.prevHash) return { seq, fault: 'chain' };
    if (!isTaggedSignedBy(publicKey, [JOURNAL_PREFIX, unsignedLine(line)], line.signature))
      return { seq, fault: 'signature' };
    expected = { seq: seq + 1, prevHash: lineHash(line) };
  }
  return undefined;
}

/** Lines that are checked before the event loop goes on with releases that wait. */
const LINES_BETWEEN_YIELDS = 64;

/** As {@link verifyJournal}, for a journal of any length beside other work. */
export async function verifyYielding(
  lines: readonly JournalLine[],
  { publicKey, from }: Parameters<typeof verifyJournal>[1],
): Promise<JournalFault | undefined> {
  let expected = from;
  for (let start = 0; start < lines.length; start += LINES_BETWEEN_YIELDS) {
    const some = lines.slice(start, start + LINES_BETWEEN_YIELDS);
    const fault = verifyJournal(some, { publicKey, from: expected });
    if (fault !== undefined) return fault;
    const last = some.at(-1);
    if (last !== undefined) expected = { seq: last.seq + 1, prevHash: lineHash(last) };
    await setImmediate();
  }
  return undefined;
}
