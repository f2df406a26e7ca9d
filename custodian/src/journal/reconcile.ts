// SPDX-License-Identifier: Apache-2.0
import type { JournalLine } from './entry.js';
import { rewrittenJournals, type SeenHead } from './rewritten.js';

/** What there is to compare: each custodian's lines (undefined where it did not answer), and what the ledger knows. */
export type Reconciliation = Readonly<{
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>;
  /** Those lines of them that are sound and were looked up on the ledger; all of them where it is not said. */
  lookedUp?: ReadonlyMap<string, readonly JournalLine[] | undefined>;
  /** By intent that the ledger has, the names (see {@link segmentName}) of the segments that it permits. */
  intents: ReadonlyMap<string, ReadonlySet<string>>;
  /** Heads that the custodians showed before. */
  seen?: readonly SeenHead[];
  /** Custodians whose lines do not reach the end of their journal. */
  unfinished?: ReadonlySet<string>;
  threshold: number;
}>;

type Release = Readonly<{ mspId: string; seq: number; intentId: string }>;

/** What the journals say that they should not, or leave out. */
export type JournalReport = Readonly<{
  /** Shares that were given for an intent that the ledger does not have. */
  withoutIntent: readonly Release[];
  /** Shares that were given for a segment that the ledger's intent refuses, or does not name. */
  withoutPermit: readonly Release[];
  /** Intents for which some gave a share, but fewer than the threshold say so. */
  tooFew: readonly Readonly<{ intentId: string; by: readonly string[] }>[];
  /** Custodians whose journal no longer leads to a head that they showed. */
  rewritten: readonly SeenHead[];
  /** Custodians that do not show their journal. */
  silent: readonly string[];
  /** Custodians whose journal goes on after what was compared; the next comparison does too. */
  unfinished: readonly string[];
}>;

/** One segment of one record version, as text. */
export function segmentName({ recordId, version, segmentId }: NonNullable<JournalLine['segment']>): string {
  return `${recordId}@${version}/${segmentId}`;
}

/** Compares what all custodians have written down with one another and with the ledger. */
export function reconcileJournals({
  journals,
  lookedUp = journals,
  intents,
  seen = [],
  unfinished = new Set(),
  threshold,
}: Reconciliation): JournalReport {
  const releases = [...lookedUp].flatMap(([mspId, lines = []]) =>
    lines.flatMap(({ kind, decision, intentId, seq, segment }) =>
      kind === 'release' && decision === 'permit' && intentId !== undefined
        ? [{ mspId, seq, intentId, segment }]
        : [],
    ),
  );
  const byIntent = Map.groupBy(releases, ({ intentId }) => intentId);
  const isPermitted = ({ intentId, segment }: (typeof releases)[number]): boolean =>
    segment !== undefined && (intents.get(intentId)?.has(segmentName(segment)) ?? false);
  return {
    withoutIntent: releases.filter(({ intentId }) => !intents.has(intentId)).map(named),
    withoutPermit: releases.filter((one) => intents.has(one.intentId) && !isPermitted(one)).map(named),
    // Which lines belong together shows only where enough journals were read to the same moment.
    tooFew: [...(unfinished.size < threshold ? byIntent : [])]
      .map(([intentId, found]) => ({ intentId, by: [...new Set(found.map(({ mspId }) => mspId))].sort() }))
      .filter(({ by }) => by.length < threshold),
    rewritten: rewrittenJournals(journals, seen, unfinished),
    silent: [...journals].flatMap(([mspId, lines]) => (lines === undefined ? [mspId] : [])),
    unfinished: [...unfinished],
  };
}

function named({ mspId, seq, intentId }: Release): Release {
  return { mspId, seq, intentId };
}
