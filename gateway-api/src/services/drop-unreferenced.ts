// SPDX-License-Identifier: Apache-2.0
import { KEEP_COPIES_MS } from '@tutela/chaincode/domain';
import { blockName, inBatches, type Accepts } from '../storage/storage.js';
import type { ContentIndex } from './content-index.js';
import { CopyJournal, NOTED_AGAIN_MS, outlasts, UPLOAD_MS, type AskedCopy } from './copy-journal.js';
import { DestroyedBlocks } from './destroyed-blocks.js';
import { FirstFew } from './first-few.js';
import type { PartJournal } from './part-journal.js';
import type { ServiceDeps } from './service-deps.js';
import { TAKEN_TOGETHER, tryTakeOff } from './take-off.js';
import { UnreferencedJournal, type Unreferenced } from './unreferenced-journal.js';

export type UnreferencedDeps = Pick<ServiceDeps, 'storage' | 'state' | 'nowMs' | 'log'> &
  Readonly<{ parts: PartJournal; content: ContentIndex }>;

/**
 * How much longer everything waits while the own peer lacks a manifest: peers hand one another within minutes what one
 * of them lacks. It counts from when this hospital first saw the pin, so an author that withholds one manifest after the
 * other makes no pin wait longer.
 */
const CLEANUP_WAITS_FOR_MANIFESTS_MS = 24 * 3_600_000;
/**
 * How long a block without a pin waits that an order has destroyed and that came again: it may be part of a copy that is
 * being made for another hospital, or that a reader is fetching.
 */
const FETCHED_AGAIN_MS = 24 * 3_600_000;
/** A copy that is asked for was noted so long ago at most, and this is longer than its making takes then. */
const COPY_UNDER_WAY_MS = NOTED_AGAIN_MS + 3 * KEEP_COPIES_MS;
/** So many pins and blocks are looked up before the event loop serves others. */
const PIECE = 250;
/** How many are removed in one round, so that a round ends. */
const MAX_REMOVED_AT_ONCE = 1_000;
/** So many blocks that came again are looked at in one round; beyond that they wait as long as all others. */
const MAX_AGAIN = 100_000;
/** As {@link MAX_REMOVED_AT_ONCE}, of those that fail, for each takes as long as the node's patience. */
const MAX_FAILED_AT_ONCE = 50;

/**
 * Frees this hospital's disk of what no live record has named for long, by its own clock and its own ledger, and for
 * longer while what the ledger names is not complete, as the own peer lacks a manifest. What an order has destroyed and
 * came again goes in the next round where a pin or an entry keeps it, and else after a day. Nothing else is ever removed without an order.
 */
export async function dropUnreferenced(
  deps: UnreferencedDeps,
  isComplete: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const { storage, state, nowMs } = deps;
  const journal = new UnreferencedJournal(state);
  const knownUntilMs = nowMs() - (isComplete ? 0 : CLEANUP_WAITS_FOR_MANIFESTS_MS);
  const found = await listUnreferenced(deps, signal);
  const isDestroyed = destroyedAmong(deps);
  const hasWaited = ({ seenAtMs }: Unreferenced): boolean => knownUntilMs - seenAtMs > UPLOAD_MS;
  const isAgainSince = ({ cid, seenAtMs }: Unreferenced, ms: number): boolean =>
    knownUntilMs - seenAtMs > ms && isDestroyed(cid);
  // What cannot be removed comes after all others, the longest untried first.
  const due = new FirstFew(MAX_REMOVED_AT_ONCE, (one: Unreferenced) => [one.failedAtMs, one.seenAtMs]);
  for await (const piece of found.pieces())
    for (const one of piece)
      if (found.isPin(one.cid) && (hasWaited(one) || isAgainSince(one, 0))) due.take(one);
  const pins = due.all();
  let dropped = 0;
  let failed = 0;
  for (let from = 0; from < pins.length && failed < MAX_FAILED_AT_ONCE;) {
    const next = pins.slice(from, from + Math.min(TAKEN_TOGETHER, MAX_FAILED_AT_ONCE - failed));
    const going = next.filter(({ cid }) => !isNamed(deps, cid)).map(({ cid }) => ({ cid, blocks: [] }));
    const taken = await tryTakeOff(deps, going, signal);
    const staying = going.filter((_, index) => taken[index]?.released !== true);
    for (const { cid } of staying) journal.failed(cid, nowMs());
    dropped += going.length - staying.length;
    failed += staying.length;
    from += next.length;
  }
  const waited = new FirstFew(MAX_REMOVED_AT_ONCE, (one: Unreferenced) => [one.seenAtMs]);
  const again = new FirstFew(MAX_AGAIN, (one: Unreferenced) => [one.seenAtMs]);
  for await (const piece of found.pieces())
    for (const one of piece) {
      if (found.isPin(one.cid)) continue;
      if (hasWaited(one)) waited.take(one);
      else if (isAgainSince(one, FETCHED_AGAIN_MS)) again.take(one);
    }
  const loose = await notBelowFirstBlocks(deps, again.all(), found, signal);
  const blocks = [...waited.all(), ...loose].slice(0, MAX_REMOVED_AT_ONCE);
  const removed = await storage.removeBlocks(
    blocks.map(({ cid }) => cid),
    signal,
  );
  return dropped + removed.length;
}

/**
 * Whether a record or an upload of this hospital names a part at this moment, which may be after the round began. A store
 * that was registered and is not known to be, as after a crash, names nothing of what is ordered to go.
 */
export function isNamed(
  { content, parts }: Pick<UnreferencedDeps, 'content' | 'parts'>,
  cid: string,
): boolean {
  const storedFor = parts.unregisteredVersionOf(cid);
  return content.names(cid) || (storedFor !== undefined && !content.isLeaving(storedFor));
}

/** Keeps what {@link isNamed} says at the moment when it is kept. */
export function whileNamed(deps: Parameters<typeof isNamed>[0]): Accepts {
  return ([cid = '']) => isNamed(deps, cid);
}

/** What lies at this hospital, or stands in its pinset, without a live record or an upload of its own that names it. */
export type ListedHere = Readonly<{
  /** All of it, in pieces and as often as is asked. */
  pieces: () => AsyncIterable<readonly Unreferenced[]>;
  /** Whether the own node pins it as a part, or the pinset names it. */
  isPin: (cid: string) => boolean;
  /** Whether it lies here, and is not in the pinset alone. */
  isHere: (cid: string) => boolean;
}>;

/** Lists what is {@link ListedHere} in the journal, block by block: of blocks without a pin there may be very many. */
export async function listUnreferenced(
  { storage, state, content, parts, nowMs }: UnreferencedDeps,
  signal?: AbortSignal,
): Promise<ListedHere> {
  const beganAtMs = nowMs();
  // What is being made while the list is may not be in it.
  const askedBeforeMs = beganAtMs - COPY_UNDER_WAY_MS;
  const holdings = await storage.holdings(signal);
  const held = new Set(holdings.held);
  const pins = new Set<string>();
  for (const list of [holdings.held, holdings.entered])
    for await (const piece of inBatches(list, PIECE))
      for (const cid of piece) {
        const block = blockName(cid);
        // A store keeps its own pins, and none of another hospital that shares a block with them.
        if (!content.namesBlock(block) && parts.unregisteredVersionOf(cid) === undefined) pins.add(cid);
      }
  const copies = new CopyJournal(state);
  const asked = new Set<string>();
  for await (const piece of copies.pieces(askedBeforeMs))
    for (const { cid } of piece) if (!held.has(cid)) asked.add(blockName(cid));
  const [askedHere, enteredHere] = [new Set<string>(), new Set<string>()];
  const all = async function* (): AsyncGenerator<string> {
    yield* pins;
    for await (const piece of holdings.orphans)
      for (const cid of piece) {
        const name = asked.size > 0 ? blockName(cid) : cid;
        if (asked.has(name)) askedHere.add(name);
        if (pins.has(cid) && !held.has(cid)) enteredHere.add(cid);
        yield cid;
      }
  };
  const journal = new UnreferencedJournal(state);
  await journal.list(all(), beganAtMs, nowMs);
  // Of what did not come whole the first block goes last: until then it counts.
  const isUnregistered = (cid: string, { hospital, sinceMs }: AskedCopy): boolean => {
    const authors = content.authorsOf(cid);
    const isHere = held.has(cid) || askedHere.has(blockName(cid));
    if (!isHere || authors.includes(hospital)) return false;
    return authors.length === 0 || beganAtMs - sinceMs <= UPLOAD_MS;
  };
  await copies.keepOnly(isUnregistered, askedBeforeMs);
  return {
    pieces: () => journal.pieces(),
    isPin: (cid) => pins.has(cid),
    isHere: (cid) => held.has(cid) || !pins.has(cid) || enteredHere.has(cid),
  };
}

/**
 * Those of some blocks that are of no live record's part whose first block lies here without a pin: repair may be fetching
 * its blocks one after another, and the content index knows a part's first block alone.
 */
async function notBelowFirstBlocks(
  { storage, content }: Pick<UnreferencedDeps, 'storage' | 'content'>,
  blocks: readonly Unreferenced[],
  { pieces, isPin }: ListedHere,
  signal?: AbortSignal,
): Promise<readonly Unreferenced[]> {
  const left = new Map(blocks.map((one) => [blockName(one.cid), one]));
  if (left.size === 0) return [];
  for await (const piece of pieces())
    for (const { cid } of piece) {
      if (isPin(cid)) continue;
      for (const part of content.partsOfBlock(blockName(cid)))
        for (const block of await storage.blocksHere(part, signal)) left.delete(blockName(block));
    }
  return [...left.values()];
}

/**
 * Whether an order took a block from here, so that it came again since: neither a live record, nor an upload of this
 * hospital, nor a copy that outlasts the order keeps it.
 */
function destroyedAmong({ state, content, parts, nowMs }: UnreferencedDeps): (cid: string) => boolean {
  const destroyed = new DestroyedBlocks(state);
  const copies = new CopyJournal(state);
  return (cid) => {
    const orders = destroyed.ordersOf([cid]);
    const block = blockName(cid);
    if (orders.length === 0 || content.namesBlock(block) || parts.isOfUnregistered(block)) return false;
    const kept = copies.of(cid);
    return orders.some((order) => !kept.some((copy) => outlasts(copy, order, nowMs())));
  };
}
