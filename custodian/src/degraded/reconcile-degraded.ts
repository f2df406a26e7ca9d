// SPDX-License-Identifier: Apache-2.0
import {
  DEGRADED_LATE_MS,
  later,
  msOf,
  RECORDED_ONCE_REPLACED_MS,
  type ListedEntry,
} from '@tutela/chaincode/domain';
import { lineHash, type JournalLine } from '../journal/entry.js';
import type { Epoch } from '../journal/look-up.js';
import { reachBackTo } from '../journal/rewritten.js';

type Named = Readonly<{ mspId: string; requestHash: string }>;

/** What custodians opened while the ledger stalled, and the ledger does not have as it was. */
export type DegradedReport = Readonly<{
  /** Acknowledgements, shown by the own journal or in another custodian's entry, whose custodian posted no entry. */
  missing: readonly Named[];
  /** Entries that their custodian's journal does not bear out. */
  changed: readonly Named[];
  /** Entries that say that shares were given, for requests of which the ledger has no emergency. */
  unrecorded: readonly Named[];
  /**
   * How many entries each custodian posted about requests that no registered person signed and that fewer than t of
   * their epoch acknowledged. Shares cannot have been given on them, any custodian can post them without end, and they
   * stand on the ledger for good: they count against the custodian that posted them, and nowhere else here.
   */
  unsigned: readonly Readonly<{ mspId: string; entries: number }>[];
  /** Entries that came long after the first one about the same request. */
  late: readonly (Named & Readonly<{ byMs: number }>)[];
}>;

/** How many custodians must agree in the epoch in force, and in each epoch that entries name and the ledger has. */
type Counting = Readonly<{ threshold: number; epochs?: ReadonlyMap<number, Epoch> }>;

/** The epochs that each custodian's entries name: the epochs of their acknowledgements, and the ones that replaced these. */
export function epochsNamedBy(
  entries: readonly ListedEntry[],
): ReadonlyMap<string, readonly Readonly<{ epoch: number }>[]> {
  return new Map(
    [...Map.groupBy(entries, ({ mspId }) => mspId as string)].map(([mspId, own]) => {
      const named = own.map(({ acknowledgement }) => acknowledgement.acknowledgement.epoch);
      return [mspId, named.flatMap((epoch) => [{ epoch }, { epoch: epoch + 1 }])];
    }),
  );
}

/** Compares what custodians wrote down while the ledger stalled with what they posted and with one another's entries. */
export function reconcileDegraded(
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>,
  all: readonly ListedEntry[],
  { unfinished = new Set(), ...counting }: Counting & Readonly<{ unfinished?: ReadonlySet<string> }>,
): DegradedReport {
  const unsigned = new Set(unsignedAmong(all, counting));
  const entries = all.filter((entry) => !unsigned.has(entry));
  const posted = new Set(all.map(nameOf));
  const shown = [
    ...[...journals].flatMap(([mspId, lines = []]) =>
      hashesOf(lines, 'degraded-acknowledgement').map((requestHash) => ({ mspId, requestHash })),
    ),
    ...entries.flatMap(({ requestHash, acknowledgedBy }) =>
      acknowledgedBy.map((mspId) => ({ mspId: mspId, requestHash })),
    ),
  ];
  const about = new Map(
    [...journals].map(([mspId, lines]) => [mspId, lines && Map.groupBy(lines, (line) => line.requestHash)]),
  );
  const distinct = [...new Map(shown.map((one) => [nameOf(one), one])).values()];
  return {
    missing: distinct.filter((one) => !posted.has(nameOf(one))),
    changed: entries
      .filter(({ mspId }) => !unfinished.has(mspId))
      .filter((entry) => !isBorneOut(entry, journals.get(entry.mspId), about.get(entry.mspId)))
      .map(named),
    unrecorded: entries.filter(({ released, opened }) => released && !opened).map(named),
    unsigned: [...Map.groupBy(unsigned, ({ mspId }) => mspId)].map(([mspId, { length }]) => ({
      mspId,
      entries: length,
    })),
    late: lateEntries(entries),
  };
}

/** The entries about requests that no registered person signed and fewer custodians than open a record acknowledged. */
function unsignedAmong(entries: readonly ListedEntry[], counting: Counting): readonly ListedEntry[] {
  return [...Map.groupBy(entries, ({ requestHash }) => requestHash).values()]
    .filter((about) => !about.some(({ proven }) => proven))
    .filter((about) => !isEnough(about, counting))
    .flat();
}

/** Whether entries about a request name as many custodians as could open a record in one epoch; epochs do not add up. */
function isEnough(about: readonly ListedEntry[], { threshold, epochs = new Map() }: Counting): boolean {
  const byEpoch = Map.groupBy(about, (entry) => countedEpochOf(entry, epochs));
  return [...byEpoch].some(([epoch, alike]) => {
    const needed = epoch?.threshold ?? threshold;
    return new Set(alike.flatMap(({ acknowledgedBy }) => acknowledgedBy)).size >= needed;
  });
}

/**
 * The epoch that an entry's acknowledgement names. Undefined, so that the one in force counts, for one that the ledger
 * does not have, or that was replaced so long before the entry was posted that the ledger would no longer record it:
 * custodians cannot choose an epoch of the past in which fewer had to agree.
 */
function countedEpochOf(
  { acknowledgement, postedAt }: ListedEntry,
  epochs: ReadonlyMap<number, Epoch>,
): Epoch | undefined {
  const { epoch } = acknowledgement.acknowledgement;
  const next = epochs.get(epoch + 1);
  const isPast = next !== undefined && postedAt > later(next.activatedAt, RECORDED_ONCE_REPLACED_MS);
  return isPast ? undefined : epochs.get(epoch);
}

/** Whether the journal has the acknowledgement where the entry says, and releases exactly if the entry does. */
function isBorneOut(
  entry: ListedEntry,
  lines: readonly JournalLine[] | undefined,
  byRequest: ReadonlyMap<string, readonly JournalLine[]> | undefined,
): boolean {
  const { requestHash, released, acknowledgement } = entry;
  const { journalHead, at } = acknowledgement.acknowledgement;
  // Who shows no journal is named elsewhere; lines from before those that are compared were compared before.
  if (lines === undefined || !reachBackTo(lines, at)) return true;
  const about = byRequest?.get(requestHash) ?? [];
  const acknowledged = about.some(
    (line) =>
      line.kind === 'degraded-acknowledgement' &&
      line.decision === 'permit' &&
      lineHash(line) === journalHead,
  );
  return acknowledged && hashesOf(about, 'degraded-release').includes(requestHash) === released;
}

function lateEntries(entries: readonly ListedEntry[]): DegradedReport['late'] {
  const byRequest = Map.groupBy(entries, ({ requestHash }) => requestHash);
  return [...byRequest.values()].flatMap((about) => {
    const first = Math.min(...about.map(({ postedAt }) => msOf(postedAt)));
    return about
      .map((entry) => ({ ...named(entry), byMs: msOf(entry.postedAt) - first }))
      .filter(({ byMs }) => byMs > DEGRADED_LATE_MS);
  });
}

function hashesOf(lines: readonly JournalLine[], of: JournalLine['kind']): readonly string[] {
  return lines.flatMap(({ kind, decision, requestHash }) =>
    kind === of && decision === 'permit' ? [requestHash] : [],
  );
}

function named({ mspId, requestHash }: Named): Named {
  return { mspId, requestHash };
}

function nameOf({ mspId, requestHash }: Named): string {
  return `${mspId} ${requestHash}`;
}
