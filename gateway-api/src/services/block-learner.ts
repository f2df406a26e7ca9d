// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import { inPool } from '../storage/storage.js';
import type { ContentIndex, PartBlocks } from './content-index.js';
import type { Destruction } from './pending-destructions.js';
import type { ServiceDeps } from './service-deps.js';
import { TAKEN_TOGETHER } from './take-off.js';

/** How long another hospital is waited for that is to send the first block of a part. */
const FIRST_BLOCK_MS = 5_000;
/** How long one round waits for what the records of one author name, so that they keep no other author's waiting. */
const AUTHOR_MS = 15_000;

type LearnerDeps = Pick<ServiceDeps, 'storage'> &
  Readonly<{ content: ContentIndex; signal: AbortSignal | undefined }>;

/**
 * Learns in one round which blocks the parts have that are ordered to go. Where a part is not here another hospital may
 * have had a block of it kept here, which the part's first block alone tells; others may have removed that already.
 */
export class BlockLearner {
  readonly #deps: LearnerDeps;
  readonly #waitedMs = new Map<MspId, number>();

  constructor(deps: LearnerDeps) {
    this.#deps = deps;
  }

  /** Gives those parts their blocks that have none, and notes them; none stay where nothing tells them. */
  async learn<T extends PartBlocks>(
    { place, author }: Pick<Destruction, 'place' | 'author'>,
    parts: readonly T[],
  ): Promise<readonly T[]> {
    const { content } = this.#deps;
    const noted = parts.map((part) =>
      part.blocks.length > 0 ? part : { ...part, blocks: content.blocksOf(place, part.cid) },
    );
    const unknown = noted.filter(({ blocks }) => blocks.length === 0).map(({ cid }) => cid);
    const learned = await this.#askedFor(author, unknown);
    content.noteBlocks(
      place,
      [...learned].map(([cid, blocks]) => ({ cid, blocks })),
    );
    return noted.map((part) => ({ ...part, blocks: learned.get(part.cid) ?? part.blocks }));
  }

  /** What the own node knows is not waited for. */
  async #askedFor(author: MspId, cids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const learned = new Map<string, readonly string[]>();
    const ask = async (cid: string, patienceMs: number): Promise<void> => {
      const blocks = await this.#blocksOf(cid, patienceMs);
      if (blocks !== null) learned.set(cid, blocks);
    };
    await inPool(cids, TAKEN_TOGETHER, (cid) => ask(cid, 0));
    const unknown = cids.filter((cid) => !learned.has(cid));
    if (unknown.length === 0) return learned;
    const beganMs = performance.now() - (this.#waitedMs.get(author) ?? 0);
    const waitedMs = (): number => performance.now() - beganMs;
    await inPool(unknown, TAKEN_TOGETHER, async (cid) => {
      const patienceMs = Math.floor(Math.min(FIRST_BLOCK_MS, AUTHOR_MS - waitedMs()));
      if (patienceMs > 0) await ask(cid, patienceMs);
    });
    this.#waitedMs.set(author, waitedMs());
    return learned;
  }

  /** An error is ignored here, since the removal that follows meets it too. */
  async #blocksOf(cid: string, patienceMs: number): Promise<readonly string[] | null> {
    try {
      return await this.#deps.storage.blocksOf(cid, patienceMs, this.#deps.signal);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return null;
    }
  }
}
