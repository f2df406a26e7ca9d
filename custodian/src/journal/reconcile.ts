// SPDX-License-Identifier: Apache-2.0
import { segmentNameOf } from '@tutela/chaincode/domain';
import type { JournalLine } from './entry.js';
import type { Epoch } from './look-up.js';
import { rewrittenJournals, type SeenHead } from './rewritten.js';

/** What there is to compare: each custodian's lines (undefined where it did not answer), and what the ledger knows. */
export type Reconciliation = Readonly<{
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>;
  /** Those lines of them that are sound and were looked up on the ledger; all of them where it is not said. */
  lookedUp?: ReadonlyMap<string, readonly JournalLine[] | undefined>;
  /** By intent that the ledger has, the names (see {@link segmentNameOf}) of the segments that it permits. */
  intents: ReadonlyMap<string, ReadonlySet<string>>;
  /** Heads that the custodians showed before. */
  seen?: readonly SeenHead[];
  /** Custodians whose lines do not reach the end of their journal. */
  unfinished?: ReadonlySet<string>;
  /** How many must agree in the epoch in force, and in each epoch that the ledger has. */
  threshold: number;
  epochs?: ReadonlyMap<number, Pick<Epoch, 'threshold'>>;
  /** Whose orderer signed a block of that height and hash that the own chain does not have, as far as known. */
  forkedBy?: (height: number, hash: string) => string | undefined;
}>;

type Release = Readonly<{ mspId: string; seq: number; intentId: string }>;

/** What the journals say that they should not, or leave out. */
export type JournalReport = Readonly<{
  /** Shares that were given for an intent that the ledger does not have. */
  withoutIntent: readonly Release[];
  /** Shares that were given for a segment that the ledger's intent refuses, or does not name. */
  withoutPermit: readonly Release[];
  /**
   * Shares that were given at a block of another chain, with the hospital whose orderer signed it: it is for that
   * hospital to answer.
   */
  onFork: readonly (Release & Readonly<{ orderer: string }>)[];
  /** Intents for which some gave a share, but in no epoch as many as its threshold say so. */
  tooFew: readonly Readonly<{ intentId: string; by: readonly string[] }>[];
  /** Custodians whose journal no longer leads to a head that they showed. */
  rewritten: readonly SeenHead[];
  /** Custodians that do not show their journal. */
  silent: readonly string[];
  /** Custodians whose journal goes on after what was compared; the next comparison does too. */
  unfinished: readonly string[];
}>;

/** Compares what all custodians have written down with one another and with the ledger. */
export function reconcileJournals({
  journals,
  lookedUp = journals,
  intents,
  seen = [],
  unfinished = new Set(),
  threshold,
  epochs = new Map(),
  forkedBy = () => undefined,
}: Reconciliation): JournalReport {
  const ordererOfFork = (height?: number, hash?: string): string | undefined =>
    height === undefined || hash === undefined ? undefined : forkedBy(height, hash);
  const releases = [...lookedUp].flatMap(([mspId, lines = []]) =>
    lines.flatMap(({ kind, decision, intentId, seq, segment, epoch, height, blockHash }) =>
      kind === 'release' && decision === 'permit' && intentId !== undefined
        ? [{ mspId, seq, intentId, segment, epoch, orderer: ordererOfFork(height, blockHash) }]
        : [],
    ),
  );
  const byIntent = Map.groupBy(releases, ({ intentId }) => intentId);
  const isPermitted = ({ intentId, segment }: (typeof releases)[number]): boolean =>
    segment !== undefined && (intents.get(intentId)?.has(segmentNameOf(segment)) ?? false);
  const thresholdIn = (epoch = 0): number => epochs.get(epoch)?.threshold ?? threshold;
  const isTooFew = (given: typeof releases): boolean =>
    [...Map.groupBy(given, ({ epoch }) => epoch)].every(
      ([epoch, alike]) => custodiansOf(alike).length < thresholdIn(epoch),
    );
  const unknown = releases.filter(({ intentId }) => !intents.has(intentId));
  return {
    withoutIntent: unknown.filter(({ orderer }) => orderer === undefined).map(named),
    onFork: unknown.flatMap((one) =>
      one.orderer === undefined ? [] : [{ ...named(one), orderer: one.orderer }],
    ),
    withoutPermit: releases.filter((one) => intents.has(one.intentId) && !isPermitted(one)).map(named),
    // Which lines belong together shows only where enough journals were read to the same moment.
    tooFew: [...(unfinished.size < threshold ? byIntent : [])]
      .filter(([, given]) => isTooFew(given))
      .map(([intentId, given]) => ({ intentId, by: custodiansOf(given) })),
    rewritten: rewrittenJournals(journals, seen, unfinished),
    silent: [...journals].flatMap(([mspId, lines]) => (lines === undefined ? [mspId] : [])),
    unfinished: [...unfinished],
  };
}

function custodiansOf(releases: readonly Release[]): readonly string[] {
  return [...new Set(releases.map(({ mspId }) => mspId))].sort();
}

function named({ mspId, seq, intentId }: Release): Release {
  return { mspId, seq, intentId };
}
