// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS, DomainError, msOf, toBase64Url } from '@tutela/chaincode/domain';
import { blockName, inBatches } from '../storage/storage.js';
import { BlockLearner } from './block-learner.js';
import { DestructionOrder, type PlannedDestruction, type Round } from './destruction-order.js';
import { listUnreferenced, type UnreferencedDeps } from './drop-unreferenced.js';
import type { Erasures } from './erasures.js';
import { sha256 } from './hashing.js';
import { CopyJournal, outlasts } from './copy-journal.js';
import { DestroyedBlocks } from './destroyed-blocks.js';
import { readLiveContent } from './live-content.js';
import { pendingDestructions, type Destruction } from './pending-destructions.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';
import { tryTakeOff } from './take-off.js';

export type ErasuresDeps = Pick<ServiceDeps, 'ledger'> & UnreferencedDeps;

const ERASURE_WAITS_FOR_MANIFESTS_MS = 3_600_000;
/** How many may fail in one round, so that a round ends: each failure takes as long as the node's deadline. */
const MAX_FAILED_AT_ONCE = 50;
/** So many parts or destructions are worked on before the event loop serves others. */
const PIECE = 250;
const LIST_PREFIX = 'Tutela-v1-erased-blocks\u0000';

/** Orders erasures and carries out this hospital's share of each, and of every retirement. */
export function createErasures(deps: ErasuresDeps): Erasures {
  const { ledger, content } = deps;
  const order = new DestructionOrder();
  return {
    order: async (actor, request, attempt) => {
      const { erasureId } = request.statement;
      const { txId } = await submitOnce(
        () => ledger.submitOnce(actor, 'record:Erase', () => request, attempt),
        async () => {
          const result = await ledger.evaluate(actor, 'record:GetErasure', { erasureId });
          return { result, txId: result.txId, same: sameJson(result.statement, request.statement) };
        },
      );
      return { erasureId, txId };
    },
    get: (actor, erasureId) => ledger.evaluate(actor, 'record:GetErasure', { erasureId }),
    confirmPending: async (signal) => {
      const pending = await pendingDestructions(ledger);
      if (pending.length === 0) return 0;
      await content.leave(pending.map(({ place }) => place));
      const isComplete = await readLiveContent(deps, content);
      const ready = pending.filter((ordered) => isReadable(deps, ordered, isComplete));
      const learner = new BlockLearner({ ...deps, signal });
      return confirmRound({ ...deps, order, signal, learner }, order.take(await planned(deps, ready)));
    },
  };
}

type RoundDeps = ErasuresDeps &
  Readonly<{ order: DestructionOrder; signal: AbortSignal | undefined; learner: BlockLearner }>;

/**
 * Removes this hospital's copies of the parts that the own ledger orders to be removed, and no others, and confirms it on the
 * ledger. Each hospital knows these parts by itself: as their author, or from the manifest before it was purged. What it does
 * not know by all blocks of all parts is confirmed once nothing lies here unexplained that may be of it.
 */
async function confirmRound(deps: RoundDeps, { whole, others }: Round): Promise<number> {
  const unexplained = new Set<Destruction>();
  const taken = await workThrough(deps, whole, MAX_FAILED_AT_ONCE, async (ordered) => {
    if (await removeParts(deps, ordered)) await confirm(deps, ordered);
    else unexplained.add(ordered);
  });
  const ofUnknownBlocks = taken.filter(({ ordered }) => unexplained.has(ordered));
  const removed = await workThrough(deps, others, MAX_FAILED_AT_ONCE, async (ordered) => {
    await removeParts(deps, ordered);
  });
  const waiting = [...ofUnknownBlocks, ...removed];
  const confirmed = taken.length - ofUnknownBlocks.length;
  if (waiting.length === 0) return confirmed;
  // One list for all of them: it takes long to make, and confirming an erasure removes nothing that is in it.
  const oldestMs = await oldestUnexplained(deps);
  const explained = await workThrough(deps, waiting, Infinity, async (ordered) => {
    requireExplained(ordered, oldestMs);
    await confirm(deps, ordered);
  });
  return confirmed + explained.length;
}

/** Works on each until so many have failed; answers those that have not. What fails is logged, and comes later in the next rounds. */
async function workThrough<T extends Pick<PlannedDestruction, 'ordered'>>(
  { order, nowMs, log }: RoundDeps,
  all: readonly T[],
  mostFailed: number,
  act: (ordered: Destruction) => Promise<void>,
): Promise<readonly T[]> {
  const done: T[] = [];
  let failed = 0;
  for (const planned of all) {
    if (failed === mostFailed) break;
    const { ordered } = planned;
    try {
      await act(ordered);
      done.push(planned);
    } catch (error) {
      failed += 1;
      order.failed(ordered, nowMs());
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      const reason = error instanceof DomainError ? error.message : 'unexpected';
      log.warn({ ...ordered.name, code, reason }, 'an erasure is not confirmed yet; it is tried again');
    }
  }
  return done;
}

/** Says on the ledger what was removed, and forgets what this hospital knew of it. */
async function confirm({ parts, content }: RoundDeps, ordered: Destruction): Promise<void> {
  await report(ordered, content.removedFrom(ordered.place));
  parts.forget(ordered.parts(parts).map(({ cid }) => cid));
  await content.forget(ordered.place);
}

/** Counts, in pieces, what this hospital knows of what is to go. */
async function planned(
  deps: ErasuresDeps,
  destructions: readonly Destruction[],
): Promise<readonly PlannedDestruction[]> {
  const { parts, content } = deps;
  const all: PlannedDestruction[] = [];
  for await (const piece of inBatches(destructions, PIECE))
    for (const ordered of piece) {
      const { place } = ordered;
      const count = Math.max(content.countOf(place), parts.countOf(place));
      all.push({ ordered, parts: count, isWhole: isWhole(deps, ordered) });
    }
  return all;
}

/** Whether this hospital knows all parts of as many versions of what is to go as the ledger counts. */
function isWhole({ parts, content }: ErasuresDeps, { place, versions }: Destruction): boolean {
  const { recordId, version } = place;
  const known = new Set([...content.wholeVersions(recordId), ...parts.registeredVersions(recordId)]);
  const ofPlace = [...known].filter((one) => version === undefined || one === version);
  return ofPlace.length >= versions;
}

/** A part of what is to go: its blocks where this hospital stored it itself, and since when it knows it, by the own clock. */
type KnownPart = Readonly<{ cid: string; blocks: readonly string[]; knownSinceMs: number }>;

/** The parts of what is to go that this hospital knows, in pieces. */
async function* knownParts(
  { parts, content }: ErasuresDeps,
  ordered: Destruction,
): AsyncGenerator<readonly KnownPart[], void, undefined> {
  const { place } = ordered;
  const storedHere = new Map(ordered.parts(parts).map((part) => [part.cid, part]));
  const known = (cid: string): KnownPart => {
    const { blocks = [], addedAtMs = Infinity } = storedHere.get(cid) ?? {};
    return { cid, blocks, knownSinceMs: Math.min(content.notedAtMs(place, cid), addedAtMs) };
  };
  for await (const piece of inBatches(storedHere.keys(), PIECE)) yield piece.map(known);
  for await (const piece of content.partsOf(place))
    yield piece.filter((cid) => !storedHere.has(cid)).map(known);
}

/** A manifest that has not arrived yet could name the same parts; it arrives within seconds, or from another hospital. */
function isReadable({ nowMs }: ErasuresDeps, { orderedAt }: Destruction, isComplete: boolean): boolean {
  return isComplete || nowMs() - msOf(orderedAt) >= ERASURE_WAITS_FOR_MANIFESTS_MS;
}

/** The instant after which the oldest part here came that belongs to no known record. */
async function oldestUnexplained(deps: RoundDeps): Promise<number> {
  const { pieces, isHere } = await listUnreferenced(deps, deps.signal);
  let oldestMs = Infinity;
  for await (const piece of pieces())
    for (const { cid, cameAfterMs } of piece) if (isHere(cid)) oldestMs = Math.min(oldestMs, cameAfterMs);
  return oldestMs;
}

/**
 * Throws CONFLICT while a part is here that belongs to no known record, and may have come before the order, as the clocks
 * of the ledger and of this hospital may differ.
 */
function requireExplained({ orderedAt }: Destruction, oldestMs: number): void {
  if (oldestMs <= msOf(orderedAt) + CLOCK_SKEW_MS)
    throw new DomainError('CONFLICT', 'blocks lie here that no record on this ledger explains');
}

/**
 * Removes the parts. What a live record or a store of this hospital's own also names stays, and so does what another
 * hospital than the record's had kept here before this one knew the record: no hospital destroys another's upload by
 * registering its parts. Any other pin that reaches them is taken off, and no copy of them is kept here again. Answers whether
 * all blocks of these parts were known.
 */
async function removeParts(deps: RoundDeps, ordered: Destruction): Promise<boolean> {
  let isKnown = true;
  let isThere = false;
  let isSpared = false;
  for await (const piece of knownParts(deps, ordered)) {
    const { going, staying, unknown } = await takeOffUnspared(deps, ordered, piece);
    isKnown &&= unknown === 0;
    isThere ||= staying > 0;
    isSpared ||= going < piece.length;
  }
  if (isThere) throw new DomainError('CONFLICT', 'some blocks are still there');
  if (isSpared)
    throw new DomainError('CONFLICT', 'a record or another hospital’s upload names some of these parts');
  return isKnown;
}

/**
 * Takes those of some parts off that nothing spares; answers how many these are, how many of them are still there, and of
 * how many not all blocks are known.
 */
async function takeOffUnspared(
  deps: RoundDeps,
  ordered: Destruction,
  known: readonly KnownPart[],
): Promise<Readonly<{ going: number; staying: number; unknown: number }>> {
  const { content, parts, state, nowMs, signal, learner } = deps;
  const { place, author } = ordered;
  const stays = (cid: string): boolean => {
    const block = blockName(cid);
    return content.namesBlock(block) || parts.isOfOther(block, place.recordId);
  };
  const copies = new CopyJournal(state);
  const all = known.map(({ cid, blocks, knownSinceMs }) => {
    const order = { author, knownSinceMs };
    const spares = (pin: string): boolean =>
      stays(pin) || copies.of(pin).some((copy) => outlasts(copy, order, nowMs()));
    const found = (here: readonly string[]): void => {
      content.noteFound(place, here);
    };
    return { cid, blocks, order, spares, found };
  });
  const unspared = all.filter(({ cid, spares }) => !spares(cid));
  const going = await learner.learn(ordered, unspared);
  const destroyed = new DestroyedBlocks(state);
  for (const { cid, blocks, order } of going)
    destroyed.note(
      [cid, ...blocks].filter((block) => !stays(block)),
      order,
    );
  const taken = await tryTakeOff(deps, going, signal);
  return {
    going: going.length,
    staying: taken.filter(({ gone }) => !gone).length,
    unknown: going.filter(({ blocks }) => blocks.length === 0).length,
  };
}

async function report(ordered: Destruction, blocks: readonly string[]): Promise<void> {
  const blocksHash = toBase64Url(sha256(Buffer.from(LIST_PREFIX + blocks.join('\n'))));
  try {
    await ordered.confirm({ blocksRemoved: blocks.length, blocksHash });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') throw error;
  }
}
