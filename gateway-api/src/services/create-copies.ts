// SPDX-License-Identifier: Apache-2.0
import { DomainError, KEEP_COPIES_MS, MAX_PARTS_PER_SEGMENT, type MspId } from '@tutela/chaincode/domain';
import type { Copies } from './copies.js';
import { CopyJournal, outlasts, type AskedCopy } from './copy-journal.js';
import { DestroyedBlocks } from './destroyed-blocks.js';
import { isNamed, type UnreferencedDeps } from './drop-unreferenced.js';

/** How many copies one hospital may have here that no record of its own names: as many parts as four of the longest uploads have. */
export const MAX_UNREGISTERED_COPIES = 4 * MAX_PARTS_PER_SEGMENT;

/** Keeps copies for other hospitals: what a record names without a bound, and of anything else so many for each. */
export function createCopies(deps: UnreferencedDeps, most: number = MAX_UNREGISTERED_COPIES): Copies {
  const { storage, state, nowMs, log } = deps;
  const journal = new CopyJournal(state);
  const destroyed = new DestroyedBlocks(state);
  const counts = new AnswerCounts();

  /** Has the journal name a copy before it is made; what a record names here needs no line. */
  function note(hospital: MspId, cid: string): AskedCopy | undefined {
    if (isNamed(deps, cid)) return undefined;
    const copy = journal.asked(cid, hospital, { nowMs: nowMs(), most });
    if (copy === null)
      throw new DomainError('RATE_LIMITED', 'too many copies of this hospital are here without a record');
    return copy;
  }

  async function keep(hospital: MspId, cid: string, signal: AbortSignal): Promise<void> {
    const copy = note(hospital, cid);
    // A record can name again what another one's erasure took.
    const accepts = (blocks: readonly string[]): boolean =>
      isNamed(deps, cid) ||
      destroyed.ordersOf(blocks).every((order) => copy !== undefined && outlasts(copy, order, nowMs()));
    const within = AbortSignal.any([signal, AbortSignal.timeout(KEEP_COPIES_MS)]);
    // Asking again costs the asker next to nothing: what is pinned is not read whole for it.
    if ((await storage.holds(cid, within)) && accepts(await storage.blocksHere(cid, within))) return;
    // Of what a record names repair goes on with what came; anything else leaves nothing here that is not pinned.
    await storage.hold(cid, accepts, within, () => isNamed(deps, cid));
  }

  return {
    keep: async (hospital, cid, signal) => {
      try {
        await keep(hospital, cid, signal);
        counts.add(hospital, 'KEPT');
      } catch (error) {
        counts.add(hospital, error instanceof DomainError ? error.code : 'INTERNAL');
        throw error;
      }
    },
    keeps: (cid, signal) => storage.holds(cid, signal),
    logCounts: () => {
      const withoutRecord = journal.counts();
      for (const [hospital, answers] of counts.take())
        log.info(
          { hospital, answers, withoutRecord: withoutRecord.get(hospital) ?? 0 },
          'a hospital asked for copies',
        );
    },
  };
}

/** Counts of the answers to each hospital since the last take. */
class AnswerCounts {
  #byHospital = new Map<MspId, Map<string, number>>();

  add(hospital: MspId, answer: string): void {
    const counts = this.#byHospital.get(hospital) ?? new Map<string, number>();
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
    this.#byHospital.set(hospital, counts);
  }

  take(): readonly (readonly [MspId, Readonly<Record<string, number>>])[] {
    const taken = [...this.#byHospital].map(
      ([hospital, counts]) => [hospital, Object.fromEntries(counts)] as const,
    );
    this.#byHospital = new Map();
    return taken;
  }
}
