// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { multihashOf } from './cid.js';
import type { KuboNode } from './kubo-node.js';
import { inPool } from './policy/batches.js';
import { VaultError } from './vault-error.js';

/** What is read of this hospital's Kubo node, on its own disk alone. */
export type PinnedNode = Pick<KuboNode, 'pins' | 'brokenPins' | 'ownBlock'>;

/** Called with each pin and the multihashes of all blocks that it reaches; null if a block that links to others is missing. */
export type VisitPin = (pin: string, blocks: readonly string[] | null) => void;

const PARALLEL_READS = 8;
const PINS_AT_ONCE = 1_024;
const MAX_REMEMBERED_BYTES = 64 * 1024 * 1024;
/** What a remembered pin takes beside its multihashes, about. */
const BYTES_BY_PIN = 256;
/** A multihash of this product: its function, its length, and 32 bytes. */
const MULTIHASH_BYTES = 34;
/** More blocks than the pins of this product reach, as a guard against a walk without end. */
const MAX_BLOCKS = 1_000_000;

/**
 * What the pins of a node reach, read from its own disk. Kubo's own list of it waits for a block that is not there, for
 * as long as no hospital offers it; here such a pin counts as broken, and takes nothing else along.
 */
export class PinReach {
  readonly #node: PinnedNode;
  readonly #maxBytes: number;
  /** By identifier, the multihashes of the blocks that a pin reaches, one after another: they never change. */
  readonly #remembered = new Map<string, Buffer>();
  #rememberedBytes = 0;

  constructor(node: PinnedNode, maxBytes: number = MAX_REMEMBERED_BYTES) {
    this.#node = node;
    this.#maxBytes = maxBytes;
  }

  /** Visits each pin that is not among the known ones, and answers all there are. */
  async visit(
    visit: VisitPin,
    signal: AbortSignal,
    known: ReadonlySet<string> = new Set(),
  ): Promise<ReadonlySet<string>> {
    const pins = new Set(await this.#node.pins(signal));
    this.#forgetAllBut(pins);
    const asked = [...pins].filter((pin) => !known.has(pin));
    // What a pin reaches is remembered, and whether that is still there is not.
    const broken = new Set(asked.length === 0 ? [] : await this.#node.brokenPins(signal));
    for (let from = 0; from < asked.length; from += PINS_AT_ONCE)
      await inPool(asked.slice(from, from + PINS_AT_ONCE), PARALLEL_READS, async (pin) => {
        visit(pin, broken.has(pin) ? null : await this.#reachedBy(pin, signal));
      });
    return pins;
  }

  async #reachedBy(pin: string, signal: AbortSignal): Promise<readonly string[] | null> {
    if (!namesOthers(pin)) return [multihashOf(pin)];
    const remembered = this.#remembered.get(pin);
    if (remembered !== undefined) return unpacked(remembered);
    const found = await this.#walk(pin, signal);
    if (found !== null) this.#remember(pin, found);
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

  /**
   * A walk over all pins reads each once; if one replaced another in memory, the next walk would find none of them. So
   * a pin for which there is no room is read each time.
   */
  #remember(pin: string, blocks: readonly string[]): void {
    const packed = Buffer.from(blocks.join(''), 'hex');
    const isOwnKind = packed.length === blocks.length * MULTIHASH_BYTES;
    if (!isOwnKind || this.#remembered.has(pin)) return;
    if (this.#rememberedBytes + sizeOf(packed) > this.#maxBytes) return;
    this.#rememberedBytes += sizeOf(packed);
    this.#remembered.set(pin, packed);
  }

  #forgetAllBut(pins: ReadonlySet<string>): void {
    for (const [pin, packed] of this.#remembered) {
      if (pins.has(pin)) continue;
      this.#remembered.delete(pin);
      this.#rememberedBytes -= sizeOf(packed);
    }
  }
}

function sizeOf(packed: Buffer): number {
  return packed.length + BYTES_BY_PIN;
}

function unpacked(packed: Buffer): readonly string[] {
  return Array.from({ length: packed.length / MULTIHASH_BYTES }, (_, index) =>
    packed.toString('hex', index * MULTIHASH_BYTES, (index + 1) * MULTIHASH_BYTES),
  );
}

/** Whether a block may name others: what this product pins is raw, or a first block of a part. */
function namesOthers(cid: string): boolean {
  return CID.parse(cid).code === dagPb.code;
}

/** The links of a block; a block that is not dag-pb has none. */
function linksIn(block: Uint8Array): readonly string[] {
  try {
    return dagPb.decode(block).Links.map(({ Hash }) => Hash.toString());
  } catch {
    return [];
  }
}
