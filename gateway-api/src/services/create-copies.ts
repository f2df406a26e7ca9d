// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Copies } from './copies.js';
import { CopyJournal } from './copy-journal.js';
import { DestroyedBlocks } from './destroyed-blocks.js';
import { isNamed, type UnreferencedDeps } from './drop-unreferenced.js';

/** How many copies one hospital may have here that no record names: as many parts as an upload of 64 GiB has. */
export const MAX_UNREGISTERED_COPIES = 16_384;

/** Keeps copies for other hospitals: what a record names without a bound, and of anything else so many for each. */
export function createCopies(deps: UnreferencedDeps, most: number = MAX_UNREGISTERED_COPIES): Copies {
  const { storage, state, nowMs, log } = deps;
  const journal = new CopyJournal(state);
  const destroyed = new DestroyedBlocks(state);
  return {
    keep: async (hospital, cid, signal) => {
      // A record can name again what another one's erasure took.
      const accepts = (blocks: readonly string[]): boolean => isNamed(deps, cid) || !destroyed.hasAny(blocks);
      if (journal.of(cid) !== undefined && (await storage.holds(cid, signal))) return;
      const isNew = !isNamed(deps, cid) && journal.note(cid, { hospital, sinceMs: nowMs() }, most);
      if (isNew === null) {
        log.warn({ hospital, most }, 'a hospital has asked for more copies without a record than are kept');
        throw new DomainError('RATE_LIMITED', 'too many copies of this hospital are here without a record');
      }
      try {
        await storage.hold(cid, accepts, signal);
      } catch (error) {
        if (isNew) journal.forget(cid);
        throw error;
      }
    },
    keeps: (cid, signal) => storage.holds(cid, signal),
  };
}
