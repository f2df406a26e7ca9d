// SPDX-License-Identifier: Apache-2.0
import { instantOf, type Instant } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { failureCode, type Log } from '../log.js';
import { alarmsIn, countsOf, type ReconciliationCounts } from './reconciliation-alarms.js';
import type { FullReport } from './reconciler.js';

/** Between looks whether a comparison is due; the first one gives the others time to be up, in milliseconds. */
const LOOK_MS = 60_000;
/** After a comparison in which a custodian was silent, or a journal or the list of entries went on, it is made again this soon, in milliseconds. */
const SOON_MS = 3_600_000;

type Parts = Readonly<{
  reconcile: () => Promise<FullReport>;
  /** Whether the own peer has caught up with what the others see. */
  isFresh: () => boolean;
  /** Waits a moment until it has; throws PEER_STALE or PEER_FORKED. What it lacks speaks against no custodian. */
  requireFresh: () => Promise<void>;
  clock: Clock;
  log: Log;
  everyMs: number;
}>;

/** How the newest comparison went. */
export type ReconciliationState = ReconciliationCounts & Readonly<{ at: Instant; clean: boolean }>;

/** Compares all journals with the ledger by schedule, one comparison at a time, and says aloud what it finds. */
export class ScheduledReconciliation {
  readonly #parts: Parts;
  #last: Readonly<{ atMs: number; report: FullReport }> | undefined;
  #running: Promise<FullReport> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The newest comparison since the start; undefined before the first. */
  get state(): ReconciliationState | undefined {
    if (this.#last === undefined) return undefined;
    const { atMs, report } = this.#last;
    return { at: instantOf(atMs), clean: report.clean, ...countsOf(report) };
  }

  /** Compares now, or waits for the comparison that is under way; throws where the own peer has not caught up. */
  run(): Promise<FullReport> {
    this.#running ??= this.#compare().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Whether a comparison is due: the first once the own peer has caught up, then by schedule. */
  isDue(): boolean {
    const { isFresh, clock, everyMs } = this.#parts;
    if (!isFresh()) return false;
    if (this.#last === undefined) return true;
    const { silent, unfinished, entriesUnfinished } = this.#last.report;
    const isSoon = silent.length + unfinished.length > 0 || entriesUnfinished;
    const pauseMs = isSoon ? Math.min(SOON_MS, everyMs) : everyMs;
    return this.#last.atMs + pauseMs <= clock();
  }

  /** Looks every minute until the signal. */
  start(signal: AbortSignal): void {
    const timer = setInterval(() => {
      if (this.isDue()) this.#runSafely();
    }, LOOK_MS);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(timer);
      },
      { once: true },
    );
  }

  #runSafely(): void {
    this.run().catch((error: unknown) => {
      this.#parts.log.warn({ code: failureCode(error) }, 'the journals could not be compared');
    });
  }

  async #compare(): Promise<FullReport> {
    const { requireFresh, reconcile, clock, log } = this.#parts;
    await requireFresh();
    const report = await reconcile();
    this.#last = { atMs: clock(), report };
    for (const { alarm, text, ...facts } of alarmsIn(report)) log.error({ alarm, ...facts }, text);
    log.info({ clean: report.clean, ...countsOf(report) }, 'all journals were compared with the ledger');
    return report;
  }
}
