// SPDX-License-Identifier: Apache-2.0
import { isVaultCid } from '../cid.js';
import type { CallLimits, PinEntry, PinState, Vault } from '../vault.js';
import { isVaultError, type VaultError, type VaultErrorCode } from '../vault-error.js';
import { inBatches, inPool } from './batches.js';
import { planHold, planPin, type RepairStep, type WishedPin } from './plan.js';

/** What a reconciliation is to reach. */
export interface ReconcileOptions {
  /** Every part that the ledger knows. */
  readonly wished: AsyncIterable<WishedPin> | Iterable<WishedPin>;
  /** How many hospitals the consortium has. */
  readonly members: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly limits?: CallLimits;
}

/** What a reconciliation found and did at this hospital. */
export interface ReconcileReport {
  readonly wished: number;
  readonly steps: readonly RepairStep[];
  readonly failures: readonly Failure[];
  /** Parts that fewer hospitals than wished confirmed when they were looked at. */
  readonly underReplicated: readonly string[];
}

/** A step that failed, or a question about where some of the wished parts lie. */
export interface Failure {
  readonly step: RepairStep | { readonly kind: 'ask'; readonly cids: readonly string[] };
  readonly code: VaultErrorCode;
}

const BATCH = 200;
const PARALLEL_STEPS = 8;
/** A record may name parts that exist nowhere: so few holds are tried in a run, and each so long, taken by chance. */
const MAX_HOLDS = 64;
const HOLD_MS = 5_000;

/**
 * Adds what the ledger wishes and this hospital or the shared pinset lacks; failed steps and questions are reported, and
 * tried again by the next run. The own node is served even when the shared pinset cannot be read; then its error is thrown at the end.
 */
export async function reconcile(vault: Vault, options: ReconcileOptions): Promise<ReconcileReport> {
  const view = await viewOf(vault, options);
  const outcomes: Outcome[] = [];
  const unanswered: Failure[] = [];
  const underReplicated: string[] = [];
  const holds: RepairStep[] = [];
  let wished = 0;
  for await (const batch of inBatches(options.wished, BATCH)) {
    const { states, failure } = await statesOf(vault, batch, view);
    wished += batch.length;
    if (failure === undefined) underReplicated.push(...batch.filter(isShort(states)).map(({ cid }) => cid));
    else unanswered.push(failure);
    const steps = batch.flatMap((one) => planShared(one, states.get(one.cid), view));
    outcomes.push(...(await carryOut(vault, steps, view.limits)));
    holds.push(...batch.flatMap((one) => planOwn(one, view)));
  }
  const few = sample(holds, MAX_HOLDS, options.chance);
  outcomes.push(...(await carryOut(vault, few, { ...view.limits, deadlineMs: HOLD_MS })));
  if (isVaultError(view.pins)) throw view.pins;
  return {
    wished,
    steps: outcomes.map(({ step }) => step),
    failures: [
      ...unanswered,
      ...outcomes.flatMap(({ step, code }) => (code === null ? [] : [{ step, code }])),
    ],
    underReplicated,
  };
}

interface View {
  readonly pins: ReadonlyMap<string, PinEntry> | VaultError;
  readonly held: ReadonlySet<string>;
  readonly healthyPeers: readonly string[];
  readonly members: number;
  readonly ownPeerId: string | undefined;
  readonly limits: CallLimits;
}

interface Outcome {
  readonly step: RepairStep;
  readonly code: VaultErrorCode | null;
}

async function viewOf(vault: Vault, { members, limits = {} }: ReconcileOptions): Promise<View> {
  const { hospitals } = await vault.status(limits);
  return {
    pins: await sharedPins(vault, limits),
    held: new Set(await vault.listHeld(limits)),
    healthyPeers: hospitals.filter(({ healthy }) => healthy).map(({ peerId }) => peerId),
    ownPeerId: hospitals.find(({ isOwn }) => isOwn)?.peerId,
    members,
    limits,
  };
}

async function sharedPins(vault: Vault, limits: CallLimits): Promise<View['pins']> {
  try {
    return new Map((await vault.listPins(limits)).pins.map((pin) => [pin.cid, pin]));
  } catch (error) {
    if (isVaultError(error)) return error;
    throw error;
  }
}

/** Where the parts of a batch lie; a question that fails leaves its batch without states, and no other. */
async function statesOf(
  vault: Vault,
  batch: readonly WishedPin[],
  view: View,
): Promise<Readonly<{ states: ReadonlyMap<string, PinState>; failure?: Failure }>> {
  const { pins } = view;
  if (isVaultError(pins)) return { states: new Map() };
  // A vault refuses a whole question for one identifier that it does not know.
  const cids = batch.map(({ cid }) => cid).filter((cid) => pins.has(cid) && isVaultCid(cid));
  try {
    const states = await vault.pinStates(cids, view.limits);
    return { states: new Map(states.map((state) => [state.cid, state])) };
  } catch (error) {
    if (!isVaultError(error)) throw error;
    return { states: new Map(), failure: { step: { kind: 'ask', cids }, code: error.code } };
  }
}

function isShort(states: ReadonlyMap<string, PinState>): (wished: WishedPin) => boolean {
  return ({ cid, hospitals }) => (states.get(cid)?.pinnedBy.length ?? 0) < hospitals;
}

function planShared(wished: WishedPin, state: PinState | undefined, view: View): readonly RepairStep[] {
  if (isVaultError(view.pins)) return [];
  return planPin({ ...view, wished, entry: view.pins.get(wished.cid), state });
}

function planOwn(wished: WishedPin, view: View): readonly RepairStep[] {
  const entry = isVaultError(view.pins) ? undefined : view.pins.get(wished.cid);
  return planHold({ ...view, wished, entry, held: view.held.has(wished.cid) });
}

/** At most so many of the items, each as likely as another. */
function sample<T>(items: readonly T[], most: number, chance: () => number): readonly T[] {
  if (items.length <= most) return items;
  const ranked = items.map((item) => ({ item, rank: chance() })).sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, most).map(({ item }) => item);
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
    case 'hold':
      return vault.hold(step.cid, limits);
    case 'pin':
      return vault.pin(step.cid, step, limits);
    case 'recover':
      return vault.recover(step.cid, limits);
  }
}
