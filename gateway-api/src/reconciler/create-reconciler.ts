// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { DomainError, type Act } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import { Checkpoint } from '../projection/checkpoint.js';
import type { PartJournal } from '../services/part-journal.js';
import { collectAbandoned } from '../services/collect-abandoned.js';
import type { Services } from '../services/services.js';
import type { State } from '../state/open-state.js';
import type { Storage, StorageReport } from '../storage/storage.js';
import { wishedPins } from '../services/wished-pins.js';

export type ReconcilerDeps = Readonly<{
  ledger: Ledger;
  storage: Storage;
  state: State;
  log: Log;
  nowMs: () => number;
  parts: PartJournal;
  services: Pick<Services, 'erasures' | 'uploads'>;
}>;

/** What the last round did; `failures` holds the codes of steps that are tried again in the next round. */
export type ReconcilerReport = Readonly<{
  rounds: number;
  finishedAtMs?: number;
  erasuresConfirmed: number;
  uploadsExpired: number;
  partsCollected: number;
  storage?: StorageReport;
  failures: readonly string[];
}>;

/** Keeps storage as the ledger wishes it. */
export type Reconciler = Readonly<{
  /** Rounds at start, then regularly, and at once when the ledger tells of an erasure; until the signal aborts. */
  run: (signal: AbortSignal) => Promise<void>;
  /** One round; steps that fail are reported and do not keep the others from being taken. */
  round: (signal?: AbortSignal) => Promise<ReconcilerReport>;
  report: () => ReconcilerReport;
}>;

const PERIOD_MS = 60_000;
/** The pause while something is not as wished yet; a round never takes more than a tenth of the time. */
const SOON_MS = 10_000;
const PAUSE_FOR_ROUND = 9;
const RETRY_MS = 2_000;
const MAX_RETRIES = 5;
/** What the ledger tells when blocks are to go, or when another hospital let them go. */
const DESTRUCTIONS: readonly Act[] = [
  'record-erased',
  'erasure-confirmed',
  'record-retired',
  'retirement-confirmed',
];

/** Creates the reconciler of one gateway. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  let last: ReconcilerReport = {
    rounds: 0,
    erasuresConfirmed: 0,
    uploadsExpired: 0,
    partsCollected: 0,
    failures: [],
  };
  const round = async (signal?: AbortSignal): Promise<ReconcilerReport> => {
    const done = await runRound(deps, signal);
    last = { ...done, rounds: last.rounds + 1, finishedAtMs: deps.nowMs() };
    return last;
  };
  return {
    round,
    report: () => last,
    run: async (signal) => {
      await Promise.all([periodically(signal, round), followErasures(deps, signal)]);
    },
  };
}

async function runRound(
  deps: ReconcilerDeps,
  signal?: AbortSignal,
): Promise<Omit<ReconcilerReport, 'rounds'>> {
  const failures: string[] = [];
  const step = async <T>(name: string, otherwise: T, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      failures.push(`${name}:${code}`);
      deps.log.warn({ step: name, code }, 'a step of the reconciliation failed; it is tried again');
      return otherwise;
    }
  };
  const erasuresConfirmed = await step('erasures', 0, () => deps.services.erasures.confirmPending(signal));
  const uploadsExpired = await step('uploads', 0, () => deps.services.uploads.expire());
  const partsCollected = await step('parts', 0, () => collectAbandoned(deps));
  const storage = await step('pins', undefined, () =>
    deps.storage.reconcile(wishedPins(deps.ledger), signal),
  );
  return {
    erasuresConfirmed,
    uploadsExpired,
    partsCollected,
    failures,
    ...(storage !== undefined && { storage }),
  };
}

async function periodically(
  signal: AbortSignal,
  round: (signal: AbortSignal) => Promise<ReconcilerReport>,
): Promise<void> {
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    const report = await round(signal);
    const pauseMs = pauseAfter(report, performance.now() - startedAtMs);
    await sleepFor(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** How long to wait after a round, in milliseconds: soon again after one that left something undone, as an absence does. */
export function pauseAfter(
  { failures, storage }: Pick<ReconcilerReport, 'failures' | 'storage'>,
  tookMs: number,
): number {
  const undone = failures.length + (storage?.failures.length ?? 0) + (storage?.underReplicated.length ?? 0);
  if (undone === 0) return PERIOD_MS;
  return Math.min(PERIOD_MS, Math.max(SOON_MS, PAUSE_FOR_ROUND * tookMs));
}

/** Acts on erasures as soon as the ledger tells of them; what fails here is taken up by the next round. */
async function followErasures(
  { ledger, services, state, log }: ReconcilerDeps,
  signal: AbortSignal,
): Promise<void> {
  const checkpoint = new Checkpoint(state, 'erasures');
  for await (const message of ledger.events(signal, checkpoint.read())) {
    const { act } = message.event;
    if (DESTRUCTIONS.includes(act)) await confirmSoon(services, log, signal);
    if (message.checkpoint !== undefined) checkpoint.save(message.checkpoint);
  }
}

async function confirmSoon(
  { erasures }: ReconcilerDeps['services'],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (let retry = 0; retry < MAX_RETRIES && !signal.aborted; retry += 1) {
    try {
      await erasures.confirmPending(signal);
      return;
    } catch (error) {
      log.warn({ code: error instanceof DomainError ? error.code : 'INTERNAL' }, 'an erasure waits');
      await sleepFor(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
