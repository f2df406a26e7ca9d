// SPDX-License-Identifier: Apache-2.0
import { msOf, type Instant } from '@tutela/chaincode/domain';
import { EMPTY_HEAD, lineHash, type JournalLine } from './entry.js';

/** How far a custodian's own clock may be set back, or a heartbeat be on its way, in milliseconds. */
const LEEWAY_MS = 10 * 60_000;

/**
 * A head that a custodian once showed, and where: on the ledger, at a time by its own clock, or to this custodian, as
 * the hash of the line with that number.
 */
export type SeenHead = Readonly<{
  mspId: string;
  head: string;
  seenIn: 'heartbeat' | 'reading';
  at?: Instant;
  seq?: number;
}>;

/**
 * The heads that custodians showed and that no line of their journals hashes to any more: a journal that was written
 * anew, or cut. Lines that do not reach back to a head, or to the end of the journal, say nothing about it.
 */
export function rewrittenJournals(
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>,
  seen: readonly SeenHead[],
  unfinished: ReadonlySet<string> = new Set(),
): readonly SeenHead[] {
  const known = new Map(
    [...journals].flatMap(([mspId, lines]) =>
      lines === undefined ? [] : [[mspId, headsOf(lines)] as const],
    ),
  );
  return seen.filter(
    (one) =>
      known.get(one.mspId)?.has(one.head) === false &&
      isDue(one, journals.get(one.mspId) ?? [], unfinished.has(one.mspId)),
  );
}

/** Whether lines reach back to what their custodian did at a time by its own clock. */
export function reachBackTo([first]: readonly JournalLine[], at: Instant): boolean {
  return first === undefined || first.seq === 1 || msOf(at) > Date.parse(first.time) + LEEWAY_MS;
}

/** Whether a head must be among the lines that were read. Reading begins at the line that was read last. */
function isDue({ seq, at }: SeenHead, lines: readonly JournalLine[], isUnfinished: boolean): boolean {
  if (seq !== undefined) return true;
  if (isUnfinished) return false;
  const [first] = lines;
  return first === undefined || first.seq === 1 || (at !== undefined && reachBackTo(lines, at));
}

/** Each line names the hash of the one before; whether it names it truly is checked beside this. */
function headsOf(lines: readonly JournalLine[]): ReadonlySet<string> {
  const last = lines.at(-1);
  const newest = last === undefined ? [] : [lineHash(last)];
  return new Set([EMPTY_HEAD, ...lines.map(({ prevHash }) => prevHash), ...newest]);
}
