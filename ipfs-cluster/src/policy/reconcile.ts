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
/** A record may name parts that exist nowhere: so few holds are tried in a run, and each so long. */
const MAX_HOLDS = 64;
const HOLD_MS = 5_000;
/** So many questions to the shared pinset are asked in a run, for each takes time at several hospitals. */
const MAX_SHARED_STEPS = 1_000;

/**
 * Adds what the ledger wishes and this hospital or the shared pinset lacks; failed steps and questions are reported, and
 * tried again by the next run. The own node is served even when the shared pinset cannot be read; then its error is thrown at the end.
 */
export async function reconcile(vault: Vault, options: ReconcileOptions): Promise<ReconcileReport> {
  const view = await viewOf(vault, options);
  const unanswered: Failure[] = [];
  const underReplicated: string[] = [];
  const parts: Part[] = [];
  for await (const batch of inBatches(options.wished, BATCH)) {
    const { states, failure } = await statesOf(vault, batch, view);
    if (failure === undefined) underReplicated.push(...batch.filter(isShort(states)).map(({ cid }) => cid));
    else unanswered.push(failure);
    parts.push(...batch.map((one) => ({ wished: one, state: states.get(one.cid) })));
  }
  const holds = parts.flatMap((part) => planOwn(part, view));
  const held = await carryOut(vault, inTurns(holds, MAX_HOLDS, options.chance), {
    ...view.limits,
    deadlineMs: HOLD_MS,
  });
  for (const { step, code } of held) if (code === null) view.held.add(step.cid);
  const shared = parts.flatMap((part) => planShared(part, view));
  const asked = await carryOut(vault, inTurns(shared, MAX_SHARED_STEPS, options.chance), view.limits);
  const outcomes = [...held, ...asked];
  if (isVaultError(view.pins)) throw view.pins;
  return {
    wished: parts.length,
    steps: outcomes.map(({ step }) => step),
    failures: [
      ...unanswered,
      ...outcomes.flatMap(({ step, code }) => (code === null ? [] : [{ step, code }])),
    ],
    underReplicated,
  };
}

/** A wished part, and where it lies as far as that is known. */
interface Part {
  readonly wished: WishedPin;
  readonly state: PinState | undefined;
}

interface Planned {
  readonly step: RepairStep;
  readonly authors: readonly string[];
}

interface View {
  readonly pins: ReadonlyMap<string, PinEntry> | VaultError;
  readonly held: Set<string>;
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

function planShared({ wished, state }: Part, view: View): readonly Planned[] {
  if (isVaultError(view.pins)) return [];
  const { cid, authors } = wished;
  const situation = { ...view, wished, entry: view.pins.get(cid), state, held: view.held.has(cid) };
  return planPin(situation).map((step) => ({ step, authors }));
}

function planOwn({ wished }: Part, view: View): readonly Planned[] {
  const { cid, authors } = wished;
  const entry = isVaultError(view.pins) ? undefined : view.pins.get(cid);
  return planHold({ ...view, wished, entry, held: view.held.has(cid) }).map((step) => ({ step, authors }));
}

/**
 * At most so many of the steps. Authors take turns, for each can name parts without end; of one author each step is as
 * likely as another, and who names the parts of another spends turns of its own on them.
 */
function inTurns(planned: readonly Planned[], most: number, chance: () => number): readonly RepairStep[] {
  const shuffled = planned.map((one) => ({ ...one, rank: chance() })).sort((a, b) => a.rank - b.rank);
  const named = shuffled.flatMap(({ step, authors }) => authors.map((author) => ({ step, author })));
  const ordered = [...Map.groupBy(named, ({ author }) => author).values()]
    .flatMap((own) => own.map(({ step }, turn) => ({ step, turn })))
    .sort((a, b) => a.turn - b.turn);
  return [...new Set(ordered.map(({ step }) => step))].slice(0, most);
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
