// SPDX-License-Identifier: Apache-2.0
import { DomainError, msOf, toBase64Url } from '@tutela/chaincode/domain';
import { blockName } from '../storage/storage.js';
import type { ContentIndex } from './content-index.js';
import { listUnreferenced, type UnreferencedDeps } from './drop-unreferenced.js';
import type { Erasures } from './erasures.js';
import { sha256 } from './hashing.js';
import { readLiveContent, type LiveContent } from './live-content.js';
import { pendingDestructions, type Destruction } from './pending-destructions.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';
import { tryTakeOff } from './take-off.js';

export type ErasuresDeps = Pick<ServiceDeps, 'ledger'> &
  UnreferencedDeps &
  Readonly<{ content: ContentIndex }>;

const MANIFESTS_ARRIVE_MS = 3_600_000;
const LIST_PREFIX = 'Tutela-v1-erased-blocks\u0000';

/** Orders erasures and carries out this hospital's share of each, and of every retirement. */
export function createErasures(deps: ErasuresDeps): Erasures {
  const { ledger, content } = deps;
  return {
    order: async (actor, request) => {
      const { erasureId } = request.statement;
      const { txId } = await submitOnce(
        () => ledger.submit(actor, 'record:Erase', request),
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
      const live = await readLiveContent(ledger, content);
      let confirmed = 0;
      for (const destruction of pending) if (await confirm(deps, destruction, live, signal)) confirmed += 1;
      return confirmed;
    },
  };
}

/**
 * Takes away what this hospital holds of what the own ledger orders to go, exactly those parts, and says so on the
 * ledger. Which parts those are, each hospital knows by itself: as their author, or from the manifest while it was there.
 */
async function confirm(
  deps: ErasuresDeps,
  ordered: Destruction,
  live: LiveContent,
  signal?: AbortSignal,
): Promise<boolean> {
  const { parts, content, log } = deps;
  const { place } = ordered;
  try {
    const known = knownParts(deps, ordered);
    requireReadable(deps, ordered, live);
    if (known.size === 0) await requireNothingUnexplained(deps, ordered, live, signal);
    await removeParts(deps, ordered, { known, live }, signal);
    await report(ordered, content.removedFrom(place));
    parts.forget([...known.keys()]);
    content.forget(place);
    return true;
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    const reason = error instanceof DomainError ? error.message : 'unexpected';
    log.warn({ ...ordered.name, code, reason }, 'an erasure is not confirmed yet; it is tried again');
    return false;
  }
}

/** The parts of what is to go, with the blocks of those that this hospital stored itself. */
function knownParts(
  { parts, content }: ErasuresDeps,
  { place, parts: storedHere }: Destruction,
): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>(content.partsOf(place).map((cid) => [cid, []]));
  for (const { cid, blocks } of storedHere(parts)) known.set(cid, blocks);
  return known;
}

/** A manifest that has not arrived yet could name the same parts; it arrives within seconds, or from another hospital. */
function requireReadable(
  { nowMs }: ErasuresDeps,
  { orderedAt }: Destruction,
  { complete }: LiveContent,
): void {
  if (!complete && nowMs() - msOf(orderedAt) < MANIFESTS_ARRIVE_MS)
    throw new DomainError('CONFLICT', 'this peer does not have all manifests yet');
}

/** Throws CONFLICT while something from before the order lies here of which this hospital does not know whose it is. */
async function requireNothingUnexplained(
  deps: ErasuresDeps,
  { orderedAt }: Destruction,
  live: LiveContent,
  signal?: AbortSignal,
): Promise<void> {
  const { pins, orphans } = await listUnreferenced(deps, live, signal);
  if ([...pins, ...orphans].some(({ cameAfterMs }) => cameAfterMs < msOf(orderedAt)))
    throw new DomainError('CONFLICT', 'blocks lie here that no record on this ledger explains');
}

/** Removes the parts one by one; those that a live record or a store of this hospital's own also names stay. */
async function removeParts(
  deps: ErasuresDeps,
  { place }: Destruction,
  { known, live }: Readonly<{ known: ReadonlyMap<string, readonly string[]>; live: LiveContent }>,
  signal?: AbortSignal,
): Promise<void> {
  const { content, parts } = deps;
  const others = parts.blocksOfOthers(place.recordId);
  const stays = (cid: string): boolean => live.blocks.has(blockName(cid)) || others.has(blockName(cid));
  let left = 0;
  for (const [cid, blocks] of known) {
    if (stays(cid)) continue;
    const { gone, removed } = await tryTakeOff(deps, { cid, blocks }, signal);
    content.noteRemoved(place, removed);
    if (!gone) left += 1;
  }
  if (left > 0) throw new DomainError('CONFLICT', 'some blocks are still there');
  if ([...known.keys()].some(stays))
    throw new DomainError('CONFLICT', 'another record names some of these parts, so they stay');
}

async function report(ordered: Destruction, blocks: readonly string[]): Promise<void> {
  const blocksHash = toBase64Url(sha256(Buffer.from(LIST_PREFIX + blocks.join('\n'))));
  try {
    await ordered.confirm({ blocksRemoved: blocks.length, blocksHash });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') throw error;
  }
}
