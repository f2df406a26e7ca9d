// SPDX-License-Identifier: Apache-2.0
import { DomainError, msOf, toBase64Url } from '@tutela/chaincode/domain';
import type { Erasures } from './erasures.js';
import { sha256 } from './hashing.js';
import type { PartJournal } from './part-journal.js';
import { pendingDestructions, type Destruction } from './pending-destructions.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';
import { wishedPins } from './wished-pins.js';

export type ErasuresDeps = Pick<ServiceDeps, 'ledger' | 'storage' | 'log'> & Readonly<{ parts: PartJournal }>;

const LIST_PREFIX = 'Tutela-v1-erased-blocks\u0000';

/** Orders erasures and carries out this hospital's share of each, and of every retirement. */
export function createErasures(deps: ErasuresDeps): Erasures {
  const { ledger } = deps;
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
      let confirmed = 0;
      for (const destruction of await pendingDestructions(ledger))
        if (await confirm(deps, destruction, signal)) confirmed += 1;
      return confirmed;
    },
  };
}

/**
 * Takes away what this hospital holds of what is to go and says so on the ledger. The author's gateway knows the
 * parts and unpins them for all. Every other hospital follows: it drops pins that the cluster no longer has and
 * collects whatever no pin reaches.
 */
async function confirm(deps: ErasuresDeps, ordered: Destruction, signal?: AbortSignal): Promise<boolean> {
  const { storage, parts, log } = deps;
  try {
    const own = ordered.parts(parts);
    if (own.length === 0 && !(await mayFollow(deps, ordered))) return false;
    for (const { cid } of own) await storage.unpin(cid, signal);
    const removed = await storage.sweep(signal);
    for (const { cid, blocks } of own)
      if (!(await storage.remove(cid, blocks, signal)))
        throw new DomainError('CONFLICT', 'some blocks are still there');
    // Who stored the record names its blocks; who followed names all that no pin reached any more.
    const gone = own.length > 0 ? own.flatMap((part) => part.blocks) : removed;
    await report(ordered, [...new Set(gone)].sort());
    parts.forget(own.map(({ cid }) => cid));
    return true;
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    const reason = error instanceof DomainError ? error.message : 'unexpected';
    log.warn({ ...ordered.name, code, reason }, 'an erasure is not confirmed yet; it is tried again');
    return false;
  }
}

/**
 * Whether a hospital that never stored the record itself may answer for it: once another has confirmed, since the
 * first can only be one that knew the parts and unpinned them; or once no pin older than the order is unwished.
 */
async function mayFollow(
  { ledger, storage }: ErasuresDeps,
  { confirmations, orderedAt }: Destruction,
): Promise<boolean> {
  if (Object.keys(confirmations).length > 0) return true;
  const wished = new Set<string>();
  for await (const cid of wishedPins(ledger)) wished.add(cid);
  const pins = await storage.pins();
  return pins.every(({ cid, pinnedAtMs }) => wished.has(cid) || pinnedAtMs > msOf(orderedAt));
}

async function report(ordered: Destruction, blocks: readonly string[]): Promise<void> {
  const blocksHash = toBase64Url(sha256(Buffer.from(LIST_PREFIX + blocks.join('\n'))));
  try {
    await ordered.confirm({ blocksRemoved: blocks.length, blocksHash });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') throw error;
  }
}
