// SPDX-License-Identifier: Apache-2.0
import { EMPTY_HEAD, lineHash, type JournalLine } from './entry.js';

/** A head that a custodian once showed, and where: on the ledger, or to this custodian. */
export type SeenHead = Readonly<{ mspId: string; head: string; seenIn: 'heartbeat' | 'reading' }>;

/**
 * The heads that custodians showed and that no line of their journals hashes to any more: a journal that was written
 * anew, or cut. A journal whose beginning was not read says nothing about older heads.
 */
export function rewrittenJournals(
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>,
  seen: readonly SeenHead[],
): readonly SeenHead[] {
  const known = new Map(
    [...journals].flatMap(([mspId, lines]) =>
      lines === undefined || isPartial(lines) ? [] : [[mspId, headsOf(lines)] as const],
    ),
  );
  return seen.filter(({ mspId, head }) => known.get(mspId)?.has(head) === false);
}

/** Each line names the hash of the one before; whether it names it truly is checked beside this. */
function headsOf(lines: readonly JournalLine[]): ReadonlySet<string> {
  const last = lines.at(-1);
  const newest = last === undefined ? [] : [lineHash(last)];
  return new Set([EMPTY_HEAD, ...lines.map(({ prevHash }) => prevHash), ...newest]);
}

function isPartial([first]: readonly JournalLine[]): boolean {
  return first !== undefined && first.seq > 1;
}
