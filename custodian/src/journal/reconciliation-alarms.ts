// SPDX-License-Identifier: Apache-2.0
import type { LogFacts } from '../log.js';
import type { FullReport } from './reconciler.js';

/**
 * Most alarms of one kind against one hospital that one comparison writes to the log; the counts say how many there are.
 * Each hospital has as many, so that none fills the log with its own and hides another's.
 */
export const MAX_ALARMS_OF_A_KIND = 20;

/** How much a comparison found, by kind. */
export type ReconciliationCounts = Readonly<{
  lines: number;
  withoutIntent: number;
  withoutPermit: number;
  onFork: number;
  tooFew: number;
  rewritten: number;
  faults: number;
  silent: number;
  degradedMissing: number;
  degradedChanged: number;
  degradedUnrecorded: number;
  degradedUnsigned: number;
}>;

/** A line for the log: a closed code, what it is about, and a sentence. */
export type ReconciliationAlarm = LogFacts & Readonly<{ alarm: string; text: string }>;

/** How much a report holds of each kind. */
export function countsOf(report: FullReport): ReconciliationCounts {
  return {
    lines: Object.values(report.compared).reduce((sum, lines) => sum + lines, 0),
    withoutIntent: report.withoutIntent.length,
    withoutPermit: report.withoutPermit.length,
    onFork: report.onFork.length,
    tooFew: report.tooFew.length,
    rewritten: report.rewritten.length,
    faults: report.faults.length,
    silent: report.silent.length,
    degradedMissing: report.degraded.missing.length,
    degradedChanged: report.degraded.changed.length,
    degradedUnrecorded: report.degraded.unrecorded.length,
    degradedUnsigned: report.degraded.unsigned.reduce((sum, { entries }) => sum + entries, 0),
  };
}

/** What a report says against custodians, and what asks for a look, each as a coded alarm. */
export function alarmsIn(report: FullReport): readonly ReconciliationAlarm[] {
  const { withoutIntent, withoutPermit, onFork, rewritten, faults, tooFew, silent, degraded } = report;
  return [
    ...named(
      'RELEASE_WITHOUT_INTENT',
      'a custodian gave a share for an intent nobody declared',
      withoutIntent,
    ),
    ...named('RELEASE_WITHOUT_PERMIT', 'a custodian gave a share that the intent refuses', withoutPermit),
    ...named('RELEASE_ON_FORK', 'a custodian gave a share on a chain that an orderer forked', onFork),
    ...named('JOURNAL_REWRITTEN', 'a journal no longer leads to a head that it showed', rewritten),
    ...named('JOURNAL_FAULT', 'a journal is not as it was written', faults),
    ...named('DEGRADED_MISSING', 'a degraded release was not posted', degraded.missing),
    ...named(
      'DEGRADED_CHANGED',
      'a degraded release was posted otherwise than written down',
      degraded.changed,
    ),
    ...named(
      'DEGRADED_UNRECORDED',
      'a degraded release is on the ledger without its emergency',
      degraded.unrecorded,
    ),
    ...named(
      'DEGRADED_UNSIGNED',
      'a custodian posted entries about requests that no registered person signed',
      degraded.unsigned,
    ),
    ...named(
      'TOO_FEW_RELEASES',
      'fewer custodians than the threshold show a share for an intent',
      tooFew.map(({ intentId, by }) => ({ intentId, by: by.join(',') })),
    ),
    ...named(
      'CUSTODIAN_SILENT',
      'a custodian does not show its journal',
      silent.map((mspId) => ({ mspId })),
    ),
  ];
}

type Found = LogFacts & Readonly<{ mspId: string } | { by: string }>;

function named(alarm: string, text: string, found: readonly Found[]): readonly ReconciliationAlarm[] {
  const against = Map.groupBy(found, (one) => ('mspId' in one ? one.mspId : one.by));
  return [...against.values()].flatMap((all) =>
    all.slice(0, MAX_ALARMS_OF_A_KIND).map((facts) => ({ ...facts, alarm, text })),
  );
}
