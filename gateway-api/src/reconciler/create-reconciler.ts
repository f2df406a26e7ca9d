// SPDX-License-Identifier: Apache-2.0
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { DomainError, type Act, type RecordId } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import { Checkpoint } from '../projection/checkpoint.js';
import { collectAbandoned } from '../services/collect-abandoned.js';
import { completeRetirements } from '../services/complete-retirements.js';
import type { ContentIndex } from '../services/content-index.js';
import { dropUnreferenced, isNamed } from '../services/drop-unreferenced.js';
import { noteRecord, readLiveContent } from '../services/live-content.js';
import type { PartJournal } from '../services/part-journal.js';
import type { Services } from '../services/services.js';
import { WishedParts } from '../services/wished-parts.js';
import type { State } from '../state/open-state.js';
import type { Keeping, OthersRepair, OwnRepair, Storage } from '../storage/storage.js';
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
  /** What repair did at the own node, and in the last run that asked the other hospitals. */
  storage?: OwnRepair & OthersRepair;
  failures: readonly string[];
}>;

/** Keeps storage as the ledger wishes it. */
export type Reconciler = Readonly<{
  /**
   * Rounds of erasures and rounds of repair at start, then regularly, each without waiting for the other, nor for the
   * answers of other hospitals: they are asked about what a round of repair found, beside the rounds; and erasures at once
   * when the ledger orders one. Until the signal aborts.
   */
  run: (signal: AbortSignal) => Promise<void>;
  /** One round of each; steps that fail are reported and do not keep the others from being taken. */
  round: (signal?: AbortSignal) => Promise<ReconcilerReport>;
  report: () => ReconcilerReport;
}>;

const PERIOD_MS = 60_000;
/** The pause while a step is left to do. */
const SOON_MS = 10_000;
/** After work comes a pause so many times as long as the event loop was kept busy meanwhile: a tenth of the time at most. */
const PAUSE_FOR_WORK = 9;
const RETRY_MS = 2_000;
const MAX_RETRIES = 5;
/** What the ledger says when blocks are to go. */
const DESTRUCTIONS: readonly Act[] = ['record-erased', 'record-retired'];

type Erased = Pick<ReconcilerReport, 'erasuresConfirmed' | 'failures'>;
type Repaired = Omit<ReconcilerReport, 'erasuresConfirmed' | 'storage'> & Readonly<{ storage?: OwnRepair }>;
type Asked = Readonly<{ storage?: OthersRepair; failures: readonly string[] }>;
type Step = <T>(name: string, otherwise: T, act: () => Promise<T>) => Promise<T>;

/** Creates the reconciler of one gateway. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  let erased: Erased = { erasuresConfirmed: 0, failures: [] };
  let repaired: Repaired = {
    ...{ rounds: 0, uploadsExpired: 0, partsCollected: 0, unreferencedDropped: 0, failures: [] },
  };
  const erase = async (signal?: AbortSignal): Promise<Erased> => (erased = await runErasures(deps, signal));
  let asked: Asked = { failures: [] };
  const repair = async (found: () => void, signal?: AbortSignal): Promise<void> => {
    const done = await runRepair(deps, found, signal);
    repaired = { ...done, rounds: repaired.rounds + 1, finishedAtMs: deps.nowMs() };
  };
  const ask = async (signal?: AbortSignal): Promise<void> => {
    asked = await runQuestions(deps, signal);
  };
  const stored = (): Omit<ReconcilerReport, 'erasuresConfirmed'> => together(repaired, asked);
  const report = (): ReconcilerReport => {
    const { failures, ...rest } = stored();
    return { ...rest, ...erased, failures: [...erased.failures, ...failures] };
  };
  return {
    round: async (signal) => {
      await erase(signal);
      await repair(() => undefined, signal);
      await ask(signal);
      return report();
    },
    report,
    run: async (signal) => {
      const asking = new EventWork(() => inTime(signal, () => ask(signal)));
      const found = (): void => {
        asking.ask();
      };
      await Promise.all([
        periodically(signal, erase),
        periodically(signal, async () => {
          await repair(found, signal);
          return stored();
        }),
        followLedger(deps, signal),
      ]);
      await asking.idle();
    },
  };
}

/** What repair did here and at the others, as one report. */
function together(repaired: Repaired, asked: Asked): Omit<ReconcilerReport, 'erasuresConfirmed'> {
  const { storage: own, ...rest } = repaired;
  const failures = [...repaired.failures, ...asked.failures];
  if (own === undefined) return { ...rest, failures };
  const others = asked.storage ?? { steps: 0, failures: [], underReplicated: [] };
  const storage = {
    ...{ ...own, ...others, steps: own.steps + others.steps },
    failures: [...own.failures, ...others.failures],
  };
  return { ...rest, failures, storage };
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

/** What belongs here is held beside the clean-up: it comes from other hospitals, which may take their time for it. */
async function runRepair(
  deps: ReconcilerDeps,
  found: () => void,
  signal?: AbortSignal,
): Promise<Omit<Repaired, 'rounds'>> {
  const failures: string[] = [];
  const step = stepsOf(deps, failures);
  const uploadsExpired = await step('uploads', 0, () => deps.services.uploads.expire());
  const partsCollected = await step('parts', 0, () => collectAbandoned(deps));
  const isComplete = await step('live', undefined, () => readLiveContent(deps, deps.content));
  const [storage, unreferencedDropped] =
    isComplete === undefined
      ? [undefined, 0]
      : await Promise.all([
          step('pins', undefined, () => keep(deps, found, signal)),
          step('unreferenced', 0, () => dropUnreferenced(deps, isComplete, signal)),
        ]);
  deps.services.copies.logCounts();
  return {
    ...{ uploadsExpired, partsCollected, unreferencedDropped, failures },
    ...(storage !== undefined && { storage }),
  };
}

/** Keeps what live records name, and what this gateway has stored and not yet anchored. */
async function keep(deps: ReconcilerDeps, found: () => void, signal?: AbortSignal): Promise<OwnRepair> {
  const { ledger, storage, state, parts, content } = deps;
  const { hospitals } = await ledger.askOwnPeer('registry:ListHospitals', {});
  const wished = new WishedParts({ state, own: ledger.mspId, content, parts });
  const members = hospitals.map(({ mspId }) => mspId);
  const draw = (most: number) => wished.draw(most);
  return storage.reconcile({ ...keepingOf(deps), draw, members, found }, signal);
}

/** Has others keep what they are to, of what a round of repair found. */
async function runQuestions(deps: ReconcilerDeps, signal?: AbortSignal): Promise<Asked> {
  const failures: string[] = [];
  const ask = (): Promise<OthersRepair> => deps.storage.askOthers(keepingOf(deps), signal);
  const storage = await stepsOf(deps, failures)('copies', undefined, ask);
  return { failures, ...(storage !== undefined && { storage }) };
}

function keepingOf({ ledger, parts, content }: ReconcilerDeps): Keeping {
  return { own: ledger.mspId, isWished: (cid) => isNamed({ parts, content }, cid) };
}

async function periodically(
  signal: AbortSignal,
  round: (signal: AbortSignal) => Promise<Undone>,
): Promise<void> {
  while (!signal.aborted) {
    const before = performance.eventLoopUtilization();
    const report = await round(signal);
    await pause(pauseAfter(report, busyMsSince(before)), signal);
  }
}

/** What of a round's report says that something may be undone; where erasures were confirmed, others may wait. */
type Undone = Pick<ReconcilerReport, 'failures' | 'storage'> &
  Partial<Pick<ReconcilerReport, 'erasuresConfirmed'>>;

/** How long to wait after a round, in milliseconds: soon again after one that left something undone, as an absence does. */
export function pauseAfter({ failures, storage, erasuresConfirmed = 0 }: Undone, busyMs: number): number {
  const inStorage = (storage?.failures.length ?? 0) + (storage?.underReplicated.length ?? 0);
  const isDone = failures.length + inStorage + erasuresConfirmed === 0;
  return Math.max(isDone ? PERIOD_MS : SOON_MS, PAUSE_FOR_WORK * busyMs);
}

/** How long the event loop was busy since an instant; while it waits for other hospitals it is not. */
function busyMsSince(before: EventLoopUtilization): number {
  return performance.eventLoopUtilization(before).active;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleepFor(ms, undefined, { signal }).catch(() => undefined);
}

/** What events bring about, with a pause after it that is as long as after a round of so much work. */
async function inTime(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const before = performance.eventLoopUtilization();
  await act();
  await pause(PAUSE_FOR_WORK * busyMsSince(before), signal);
}

/**
 * Notes what a record names as soon as it is registered, and acts on erasures as soon as they are ordered; what fails
 * here is taken up by the next round.
 */
async function followLedger(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  const checkpoint = new Checkpoint(deps.state, 'erasures');
  const registered = new Set<RecordId>();
  let handled = checkpoint.read();
  const save = (): void => {
    if (handled !== undefined && registered.size === 0) checkpoint.save(handled);
  };
  const noting = new EventWork(async () => {
    await inTime(signal, () => noteAll(deps, registered));
    save();
  });
  const confirming = new EventWork(async () => {
    await noting.idle();
    await inTime(signal, () => confirmSoon(deps, signal));
  });
  for await (const message of deps.ledger.events(signal, handled)) {
    const { act, actor, recordIds = [] } = message.event;
    // What this hospital stored itself is in its journal of parts.
    if (act === 'record-registered' && actor.mspId !== deps.ledger.mspId) {
      for (const recordId of recordIds) registered.add(recordId);
      noting.ask();
    }
    if (DESTRUCTIONS.includes(act)) confirming.ask();
    handled = message.checkpoint ?? handled;
    if (noting.isIdle) save();
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
      await pause(RETRY_MS, signal);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof DomainError ? error.code : 'INTERNAL';
}
