// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { DomainError, type Act, type MspId, type RecordId } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import { Checkpoint } from '../projection/checkpoint.js';
import { collectAbandoned } from '../services/collect-abandoned.js';
import { completeRetirements } from '../services/complete-retirements.js';
import type { ContentIndex } from '../services/content-index.js';
import { dropUnreferenced, isNamed } from '../services/drop-unreferenced.js';
import { noteRecord, readLiveContent, type LiveContent } from '../services/live-content.js';
import type { PartJournal } from '../services/part-journal.js';
import type { Services } from '../services/services.js';
import type { State } from '../state/open-state.js';
import type { Storage, StorageReport } from '../storage/storage.js';
import { EventWork } from './event-work.js';

export type ReconcilerDeps = Readonly<{
  ledger: Ledger;
  storage: Storage;
  state: State;
  log: Log;
  nowMs: () => number;
  parts: PartJournal;
  content: ContentIndex;
  services: Pick<Services, 'copies' | 'erasures' | 'uploads'>;
}>;

/** What the last round did; `failures` holds the codes of steps that are tried again in the next round. */
export type ReconcilerReport = Readonly<{
  rounds: number;
  finishedAtMs?: number;
  erasuresConfirmed: number;
  uploadsExpired: number;
  partsCollected: number;
  /** Pins and blocks that no record has named for long, removed from the own node. */
  unreferencedDropped: number;
  storage?: StorageReport;
  failures: readonly string[];
}>;

/** Keeps storage as the ledger wishes it. */
export type Reconciler = Readonly<{
  /**
   * Rounds of erasures and rounds of repair at start, then regularly, each without waiting for the other; and erasures at
   * once when the ledger orders one. Until the signal aborts.
   */
  run: (signal: AbortSignal) => Promise<void>;
  /** One round of both; steps that fail are reported and do not keep the others from being taken. */
  round: (signal?: AbortSignal) => Promise<ReconcilerReport>;
  report: () => ReconcilerReport;
}>;

const PERIOD_MS = 60_000;
/** The pause while something is not as wished yet; a round never takes more than a tenth of the time. */
const SOON_MS = 10_000;
const PAUSE_FOR_ROUND = 9;
const RETRY_MS = 2_000;
const MAX_RETRIES = 5;
/** What the ledger says when blocks are to go. */
const DESTRUCTIONS: readonly Act[] = ['record-erased', 'record-retired'];

type Erased = Pick<ReconcilerReport, 'erasuresConfirmed' | 'failures'>;
type Repaired = Omit<ReconcilerReport, 'erasuresConfirmed'>;
type Step = <T>(name: string, otherwise: T, act: () => Promise<T>) => Promise<T>;

/** Creates the reconciler of one gateway. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  let erased: Erased = { erasuresConfirmed: 0, failures: [] };
  let repaired: Repaired = {
    ...{ rounds: 0, uploadsExpired: 0, partsCollected: 0, unreferencedDropped: 0, failures: [] },
  };
  const erase = async (signal?: AbortSignal): Promise<Erased> => (erased = await runErasures(deps, signal));
  const repair = async (signal?: AbortSignal): Promise<Repaired> => {
    const done = await runRepair(deps, signal);
    repaired = { ...done, rounds: repaired.rounds + 1, finishedAtMs: deps.nowMs() };
    return repaired;
  };
  const report = () => ({ ...repaired, ...erased, failures: [...erased.failures, ...repaired.failures] });
  return {
    round: async (signal) => {
      await erase(signal);
      await repair(signal);
      return report();
    },
    report,
    run: async (signal) => {
      await Promise.all([
        periodically(signal, erase),
        periodically(signal, repair),
        followLedger(deps, signal),
      ]);
    },
  };
}

/** Steps of a round that do not keep one another from being taken; `failures` gets the codes of those that fail. */
function stepsOf({ log }: ReconcilerDeps, failures: string[]): Step {
  return async (name, otherwise, act) => {
    try {
      return await act();
    } catch (error) {
      const code = codeOf(error);
      failures.push(`${name}:${code}`);
      log.warn({ step: name, code }, 'a step of the reconciliation failed; it is tried again');
      return otherwise;
    }
  };
}

async function runErasures(deps: ReconcilerDeps, signal?: AbortSignal): Promise<Erased> {
  const failures: string[] = [];
  const step = stepsOf(deps, failures);
  await step('retirements', 0, () => completeRetirements(deps));
  const erasuresConfirmed = await step('erasures', 0, () => deps.services.erasures.confirmPending(signal));
  return { erasuresConfirmed, failures };
}

async function runRepair(deps: ReconcilerDeps, signal?: AbortSignal): Promise<Omit<Repaired, 'rounds'>> {
  const failures: string[] = [];
  const step = stepsOf(deps, failures);
  const uploadsExpired = await step('uploads', 0, () => deps.services.uploads.expire());
  const partsCollected = await step('parts', 0, () => collectAbandoned(deps));
  const live = await step('live', undefined, () => readLiveContent(deps, deps.content));
  const storage = live && (await step('pins', undefined, () => keep(deps, live, signal)));
  const unreferencedDropped =
    live === undefined ? 0 : await step('unreferenced', 0, () => dropUnreferenced(deps, live, signal));
  deps.services.copies.logCounts();
  return {
    ...{ uploadsExpired, partsCollected, unreferencedDropped, failures },
    ...(storage !== undefined && { storage }),
  };
}

/** Keeps what live records name, and what this gateway has stored and not yet anchored. */
async function keep(
  { ledger, storage, parts, content }: ReconcilerDeps,
  live: LiveContent,
  signal?: AbortSignal,
): Promise<StorageReport> {
  const { hospitals } = await ledger.askOwnPeer('registry:ListHospitals', {});
  const own: ReadonlySet<MspId> = new Set([ledger.mspId]);
  const authors = new Map([...parts.unregistered().map((cid) => [cid, own] as const), ...live.cids]);
  const members = hospitals.map(({ mspId }) => mspId);
  const isWished = (cid: string): boolean => isNamed({ parts, content }, cid);
  return storage.reconcile({ authors, own: ledger.mspId, members, isWished }, signal);
}

async function periodically(
  signal: AbortSignal,
  round: (signal: AbortSignal) => Promise<Undone>,
): Promise<void> {
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    const report = await round(signal);
    const pauseMs = pauseAfter(report, performance.now() - startedAtMs);
    await sleepFor(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What of a round's report says that something may be undone; where erasures were confirmed, others may wait. */
type Undone = Pick<ReconcilerReport, 'failures' | 'storage'> &
  Partial<Pick<ReconcilerReport, 'erasuresConfirmed'>>;

/** How long to wait after a round, in milliseconds: soon again after one that left something undone, as an absence does. */
export function pauseAfter({ failures, storage, erasuresConfirmed = 0 }: Undone, tookMs: number): number {
  const inStorage = (storage?.failures.length ?? 0) + (storage?.underReplicated.length ?? 0);
  if (failures.length + inStorage + erasuresConfirmed === 0) return PERIOD_MS;
  return Math.min(PERIOD_MS, Math.max(SOON_MS, PAUSE_FOR_ROUND * tookMs));
}

/**
 * Notes what a record names as soon as it is registered, and acts on erasures as soon as they are ordered; what fails
 * here is taken up by the next round.
 */
async function followLedger(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  const checkpoint = new Checkpoint(deps.state, 'erasures');
  const registered = new Set<RecordId>();
  const noting = new EventWork(() => noteAll(deps, registered));
  const confirming = new EventWork(async () => {
    await noting.idle();
    await confirmSoon(deps, signal);
  });
  for await (const message of deps.ledger.events(signal, checkpoint.read())) {
    const { act, actor, recordIds = [] } = message.event;
    // What this hospital stored itself is in its journal of parts.
    if (act === 'record-registered' && actor.mspId !== deps.ledger.mspId) {
      for (const recordId of recordIds) registered.add(recordId);
      noting.ask();
    }
    if (DESTRUCTIONS.includes(act)) confirming.ask();
    if (message.checkpoint !== undefined) checkpoint.save(message.checkpoint);
  }
  await confirming.idle();
  await noting.idle();
}

async function noteAll(deps: ReconcilerDeps, registered: Set<RecordId>): Promise<void> {
  const { content, log } = deps;
  for (const recordId of registered) {
    registered.delete(recordId);
    try {
      await noteRecord(deps, content, recordId);
    } catch (error) {
      log.warn({ recordId, code: codeOf(error) }, 'the parts of a record are noted by the next round');
    }
  }
}

async function confirmSoon({ services, log }: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  for (let retry = 0; retry < MAX_RETRIES && !signal.aborted; retry += 1) {
    try {
      await services.erasures.confirmPending(signal);
      return;
    } catch (error) {
      log.warn({ code: codeOf(error) }, 'an erasure waits');
      await sleepFor(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof DomainError ? error.code : 'INTERNAL';
}
