// SPDX-License-Identifier: Apache-2.0
import { isEverywhere, leafOf, namesOthers, otherBlocks } from './cid.js';
import type { Clock } from './clock.js';
import type { KuboNode } from './kubo-node.js';
import { limited, unlessFailed } from './limited.js';
import type { PinIndex } from './pin-index.js';
import { isVaultError } from './vault-error.js';

type AskedNode = Pick<KuboNode, 'blocksHere' | 'hasGoodBlock' | 'blocksOf'>;
type Surroundings = Readonly<{
  clock: Clock;
  /** Removes a block unless a pin reaches it. */
  removeLoose: (block: string) => Promise<unknown>;
}>;

/** What this hospital knows of the blocks of parts, and how it learns them. */
export class KnownBlocks {
  readonly #node: AskedNode;
  readonly #index: PinIndex;
  readonly #surroundings: Surroundings;

  constructor(node: AskedNode, index: PinIndex, surroundings: Surroundings) {
    this.#node = node;
    this.#index = index;
    this.#surroundings = surroundings;
  }

  /** The blocks of a part but its first one: as that names them here, as its pin was read, and as a removal noted them. */
  async below(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const [, ...links] = (await this.#node.blocksHere(cid, signal)) ?? [];
    const leaves = this.#index.blocksOf(cid).map(leafOf);
    return otherBlocks([...links, ...leaves, ...this.#index.going(cid)], cid);
  }

  /**
   * All blocks of a part, its first one first, by what is here, or by the first one that another hospital sends within so
   * many milliseconds, and that does not stay. Null where neither says which they are.
   */
  async all(cid: string, patienceMs: number, signal: AbortSignal): Promise<readonly string[] | null> {
    if (isEverywhere(cid) || !namesOthers(cid)) return [cid];
    const below = await this.below(cid, signal);
    // Each source names all of them, so that one of them says that they are known.
    if (below.length > 0 || (await this.#node.hasGoodBlock(cid, signal))) return [cid, ...below];
    return patienceMs > 0 ? this.#sent(cid, patienceMs, signal) : null;
  }

  async #sent(cid: string, patienceMs: number, signal: AbortSignal): Promise<readonly string[] | null> {
    const { clock, removeLoose } = this.#surroundings;
    const how = { clock, limits: { signal }, defaultDeadlineMs: patienceMs, late: 'PART_NOT_FOUND' } as const;
    try {
      return await limited(how, (within) => this.#node.blocksOf(cid, within));
    } catch (error) {
      // Whatever it is, it is no part that has others.
      if (isVaultError(error, 'BAD_CID')) return [cid];
      if (isVaultError(error, 'PART_NOT_FOUND', 'PART_CORRUPT')) return null;
      throw error;
    } finally {
      await unlessFailed(removeLoose(cid));
    }
  }
}
