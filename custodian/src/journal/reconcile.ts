// SPDX-License-Identifier: Apache-2.0
import type { JournalLine } from './entry.js';

/** What there is to compare: each custodian's lines (undefined where it did not answer), and what the ledger knows. */
export type Reconciliation = Readonly<{
  journals: ReadonlyMap<string, readonly JournalLine[] | undefined>;
  /** Intents that the ledger has. */
  intents: ReadonlySet<string>;
  threshold: number;
}>;

/** What the journals say that they should not, or leave out. */
export type JournalReport = Readonly<{
  /** Shares that were given for an intent that the ledger does not have. */
  withoutIntent: readonly Readonly<{ mspId: string; seq: number; intentId: string }>[];
  /** Intents for which some gave a share, but fewer than the threshold say so. */
  tooFew: readonly Readonly<{ intentId: string; by: readonly string[] }>[];
  /** Custodians that do not show their journal. */
  silent: readonly string[];
}>;

/** Compares what all custodians have written down with one another and with the ledger. */
export function reconcileJournals({ journals, intents, threshold }: Reconciliation): JournalReport {
  const releases = [...journals].flatMap(([mspId, lines = []]) =>
    lines.flatMap(({ kind, decision, intentId, seq }) =>
      kind === 'release' && decision === 'permit' && intentId !== undefined ? [{ mspId, seq, intentId }] : [],
    ),
  );
  const byIntent = Map.groupBy(releases, ({ intentId }) => intentId);
  return {
    withoutIntent: releases.filter(({ intentId }) => !intents.has(intentId)),
    tooFew: [...byIntent]
      .map(([intentId, found]) => ({ intentId, by: [...new Set(found.map(({ mspId }) => mspId))].sort() }))
      .filter(({ by }) => by.length < threshold),
    silent: [...journals].flatMap(([mspId, lines]) => (lines === undefined ? [mspId] : [])),
  };
}
