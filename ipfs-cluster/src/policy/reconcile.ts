// SPDX-License-Identifier: Apache-2.0
import type { CallLimits, PinEntry, PinState, Remains, Vault } from '../vault.js';
import { isVaultError, type VaultErrorCode } from '../vault-error.js';
import { inBatches, inPool } from './batches.js';
import {
  planPin,
  planStale,
  planUnwished,
  type RepairStep,
  type UnwishedRule,
  type WishedPin,
} from './plan.js';

/** What a reconciliation is to reach, and how far it may go. */
export interface ReconcileOptions {
  /** Every part that the ledger knows; when it fails, nothing is withdrawn. */
  readonly wished: AsyncIterable<WishedPin> | Iterable<WishedPin>;
  /** Withdraw old pins that the ledger does not know; without it they are only reported. */
  readonly withdrawUnwished?: UnwishedRule;
  /** Collect orphans when no upload is open; without it they are only counted. */
  readonly collectGarbage?: boolean;
  readonly limits?: CallLimits;
}

/** What a reconciliation found and did at this hospital. */
export interface ReconcileReport {
  readonly wished: number;
  readonly steps: readonly RepairStep[];
  readonly failures: readonly { readonly step: RepairStep; readonly code: VaultErrorCode }[];
  /** Parts that fewer hospitals than wished confirmed when they were looked at. */
  readonly underReplicated: readonly string[];
  /** Pins that the ledger does not know, whatever their age. */
  readonly unwished: readonly string[];
  readonly orphans: number;
  readonly collected: number;
}

const BATCH = 200;
const PARALLEL_STEPS = 8;

/** Brings this hospital's view of the cluster to the wished state; failed steps are reported, and tried again by the next run. */
export async function reconcile(vault: Vault, options: ReconcileOptions): Promise<ReconcileReport> {
  const limits = options.limits ?? {};
  const { hospitals } = await vault.status(limits);
  const healthyHospitals = hospitals.filter((hospital) => hospital.healthy).length;
  const pins = await vault.listPins(limits);
  const view = { pins: new Map(pins.map((pin) => [pin.cid, pin])), healthyHospitals, limits };
  const wished = await repairWished(vault, options.wished, view);
  const isWished = (cid: string) => wished.cids.has(cid);
  const rule = options.withdrawUnwished;
  const withdrawal = rule === undefined ? [] : planUnwished(pins, isWished, rule);
  const stale = planStale(await vault.listStalePins(limits));
  const others = await carryOut(vault, [...withdrawal, ...stale], limits);
  const done = [...wished.outcomes, ...others];
  return {
    wished: wished.cids.size,
    steps: done.map(({ step }) => step),
    failures: done.flatMap(({ step, code }) => (code === null ? [] : [{ step, code }])),
    underReplicated: wished.underReplicated,
    unwished: pins.filter((pin) => !isWished(pin.cid)).map((pin) => pin.cid),
    ...(await orphanReport(vault, options, limits)),
  };
}

/** A part to be erased for good, with all of its blocks as they were when it was stored. */
export interface Erasure {
  readonly cid: string;
  readonly blocks: readonly string[];
}

/** Withdraws parts from the cluster and removes them here; each hospital confirms for itself what remains. */
export async function confirmErasures(
  vault: Vault,
  erasures: AsyncIterable<Erasure> | Iterable<Erasure>,
  limits: CallLimits = {},
): Promise<readonly Remains[]> {
  const remains: Remains[] = [];
  for await (const batch of inBatches(erasures, BATCH)) {
    const done = await inPool(batch, PARALLEL_STEPS, async ({ cid, blocks }) => {
      await vault.unpin(cid, limits);
      return vault.confirmGone(cid, blocks, limits);
    });
    remains.push(...done);
  }
  return remains;
}

interface View {
  readonly pins: ReadonlyMap<string, PinEntry>;
  readonly healthyHospitals: number;
  readonly limits: CallLimits;
}

interface Outcome {
  readonly step: RepairStep;
  readonly code: VaultErrorCode | null;
}

async function repairWished(vault: Vault, source: ReconcileOptions['wished'], view: View) {
  const cids = new Set<string>();
  const outcomes: Outcome[] = [];
  const underReplicated: string[] = [];
  for await (const batch of inBatches(source, BATCH)) {
    const states = await statesOf(vault, batch, view);
    for (const { cid, hospitals } of batch) {
      cids.add(cid);
      if ((states.get(cid)?.pinnedBy.length ?? 0) < hospitals) underReplicated.push(cid);
    }
    const steps = batch.flatMap((wished) =>
      planPin({ ...view, wished, entry: view.pins.get(wished.cid), state: states.get(wished.cid) }),
    );
    outcomes.push(...(await carryOut(vault, steps, view.limits)));
  }
  return { cids, outcomes, underReplicated };
}

async function statesOf(
  vault: Vault,
  batch: readonly WishedPin[],
  view: View,
): Promise<ReadonlyMap<string, PinState>> {
  const known = batch.map((wished) => wished.cid).filter((cid) => view.pins.has(cid));
  const states = await vault.pinStates(known, view.limits);
  return new Map(states.map((state) => [state.cid, state]));
}

async function carryOut(
  vault: Vault,
  steps: readonly RepairStep[],
  limits: CallLimits,
): Promise<readonly Outcome[]> {
  return inPool(steps, PARALLEL_STEPS, async (step) => {
    try {
      await perform(vault, step, limits);
      return { step, code: null };
    } catch (error) {
      if (isVaultError(error)) return { step, code: error.code };
      throw error;
    }
  });
}

async function perform(vault: Vault, step: RepairStep, limits: CallLimits): Promise<void> {
  switch (step.kind) {
    case 'pin':
      return vault.pin(step.cid, step, limits);
    case 'recover':
      return vault.recover(step.cid, limits);
    case 'unpin':
      return vault.unpin(step.cid, limits);
    case 'drop-stale-pin':
      return vault.dropStalePin(step.cid, limits);
  }
}

async function orphanReport(vault: Vault, options: ReconcileOptions, limits: CallLimits) {
  const orphans = (await vault.listOrphans(limits)).length;
  if (options.collectGarbage !== true || orphans === 0) return { orphans, collected: 0 };
  try {
    return { orphans, collected: await vault.collectGarbage(limits) };
  } catch (error) {
    if (isVaultError(error, 'UPLOADS_OPEN')) return { orphans, collected: 0 };
    throw error;
  }
}
