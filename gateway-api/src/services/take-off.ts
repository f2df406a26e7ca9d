// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { inPool, type Removed } from '../storage/storage.js';
import type { ServiceDeps } from './service-deps.js';

type TakeOffDeps = Pick<ServiceDeps, 'storage' | 'log'>;
/** A part that is to go. `spares` decides which other pins keep a block, all if absent; `found` is called with the blocks here. */
type Part = Readonly<{
  cid: string;
  blocks: readonly string[];
  spares?: (pin: string) => boolean;
  found?: (here: readonly string[]) => void;
}>;

/** So many parts are taken off beside one another: the node lists its pins once for those that wait. */
export const TAKEN_TOGETHER = 32;

/** Takes parts off the own node: what fails is logged, and left to a later try. Answers in the order of the parts. */
export async function tryTakeOff(
  deps: TakeOffDeps,
  parts: readonly Part[],
  signal?: AbortSignal,
): Promise<readonly Removed[]> {
  return inPool(parts, TAKEN_TOGETHER, (part) => tryOne(deps, part, signal));
}

async function tryOne(
  { storage, log }: TakeOffDeps,
  { cid, blocks, ...options }: Part,
  signal?: AbortSignal,
): Promise<Removed> {
  try {
    return await storage.remove(cid, blocks, { ...options, signal });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    log.warn({ cid, code: error.code }, 'a part could not be removed; it is tried again');
    return { gone: false, released: false, removed: [] };
  }
}
