// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { multihashOf } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import { inPool } from './policy/batches.js';
import { VaultError } from './vault-error.js';

/** What is read of this hospital's Kubo node, on its own disk alone. */
export type PinnedNode = Pick<KuboNode, 'pins' | 'ownBlock'>;

/** Is told of each pin, with the multihashes of all blocks that it reaches; null where one that names others is not there. */
export type VisitPin = (pin: string, blocks: readonly string[] | null) => void;

const PARALLEL_READS = 8;
const PINS_AT_ONCE = 1_024;
/** Multihashes that are kept, of 100 bytes each. */
const MAX_REMEMBERED = 300_000;
/** More blocks than the pins of this product reach, as a guard against a walk without end. */
const MAX_BLOCKS = 1_000_000;

/**
 * What the pins of a node reach, read from its own disk. Kubo's own list of it waits for a block that is not there, for
 * as long as no hospital offers it; here such a pin counts as broken, and takes nothing else along.
 */
export class PinReach {
  readonly #node: PinnedNode;
  /** By identifier, the blocks that a pin reaches: they never change. */
  readonly #remembered = new Map<string, readonly string[]>();
  #rememberedBlocks = 0;

  constructor(node: PinnedNode) {
    this.#node = node;
  }

  /** Visits each pin that is not among the known ones, and answers all there are. */
  async visit(
    visit: VisitPin,
    signal: AbortSignal,
    known: ReadonlySet<string> = new Set(),
  ): Promise<ReadonlySet<string>> {
    const pins = await this.#node.pins(signal);
    const asked = pins.filter((pin) => !known.has(pin));
    for (let from = 0; from < asked.length; from += PINS_AT_ONCE)
      await inPool(asked.slice(from, from + PINS_AT_ONCE), PARALLEL_READS, async (pin) => {
        visit(pin, await this.#reachedBy(pin, signal));
      });
    return new Set(pins);
  }

  async #reachedBy(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const found = this.#remembered.get(pin) ?? (await this.#walk(pin, signal));
    if (found !== null && namesOthers(pin)) this.#remember(pin, found);
    return found;
  }

  async #walk(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const reached = new Set([pin]);
    for (const cid of reached) {
      if (!namesOthers(cid)) continue;
      const block = await this.#node.ownBlock(cid, signal);
      if (block === null) return null;
      for (const link of linksIn(block)) reached.add(link);
      if (reached.size > MAX_BLOCKS) throw new VaultError('VAULT_REFUSED');
    }
    return [...reached].map(multihashOf);
  }

  /** Forgets what was asked for longest ago beyond the limit. */
  #remember(pin: string, blocks: readonly string[]): void {
    if (!this.#remembered.delete(pin)) this.#rememberedBlocks += blocks.length;
    this.#remembered.set(pin, blocks);
    for (const [oldest, { length }] of this.#remembered) {
      if (this.#rememberedBlocks <= MAX_REMEMBERED) return;
      this.#remembered.delete(oldest);
      this.#rememberedBlocks -= length;
    }
  }
}

/** Whether a block may name others: what this product pins is raw, or a first block of a part. */
function namesOthers(cid: string): boolean {
  return CID.parse(cid).code === dagPb.code;
}

/** What no part begins with names no block. */
function linksIn(block: Uint8Array): readonly string[] {
  try {
    return dagPb.decode(block).Links.map(({ Hash }) => Hash.toString());
  } catch {
    return [];
  }
}
