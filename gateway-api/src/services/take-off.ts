// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { inPool, type Removed } from '../storage/storage.js';
import type { ServiceDeps } from './service-deps.js';

/** What was taken off the own node, and whether the shared pinset let go of it. */
export type TakenOff = Removed & Readonly<{ withdrawn: boolean }>;

/**
 * Withdraws a part from the shared pinset and takes it off the own node. Any hospital can write entries that the shared
 * pinset does not let go of; the own node's blocks go all the same, and the log has an alarm.
 */
export async function takeOff(
  { storage, log }: Pick<ServiceDeps, 'storage' | 'log'>,
  { cid, blocks }: Readonly<{ cid: string; blocks: readonly string[] }>,
  signal?: AbortSignal,
): Promise<TakenOff> {
  try {
    await storage.unpin(cid, signal);
  } catch (error) {
    if (!(error instanceof DomainError) || signal?.aborted === true) throw error;
    // Nodes that do not answer at all refuse nothing: the part is withdrawn once they do.
    if (!(await storage.isReachable())) throw error;
    log.error({ cid, code: error.code }, 'the shared pinset does not let go of a part that has to go');
    return { ...(await storage.removeShared(cid, blocks, signal)), withdrawn: false };
  }
  return { ...(await storage.remove(cid, blocks, signal)), withdrawn: true };
}

/** So many parts are taken off beside one another: the node lists what its pins reach once for those that wait. */
export const TAKEN_TOGETHER = 32;

/** As {@link takeOff}, for many parts: what fails is logged, and left to a later try. Answers in the order of the parts. */
export async function tryTakeOff(
  deps: Pick<ServiceDeps, 'storage' | 'log'>,
  parts: readonly Readonly<{ cid: string; blocks: readonly string[] }>[],
  signal?: AbortSignal,
): Promise<readonly TakenOff[]> {
  return inPool(parts, TAKEN_TOGETHER, (part) => tryOne(deps, part, signal));
}

async function tryOne(
  deps: Pick<ServiceDeps, 'storage' | 'log'>,
  part: Readonly<{ cid: string; blocks: readonly string[] }>,
  signal?: AbortSignal,
): Promise<TakenOff> {
  try {
    return await takeOff(deps, part, signal);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    deps.log.warn({ cid: part.cid, code: error.code }, 'a part could not be removed; it is tried again');
    return { gone: false, removed: [], withdrawn: false };
  }
}
