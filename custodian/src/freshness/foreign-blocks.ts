// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';
import type { SignedBlock } from './signed-block.js';

/** How many blocks are remembered of one orderer organisation, the newest that were seen. */
const MAX_BLOCKS = 256;

const block = z.strictObject({ number: z.number(), hash: z.string(), previousHash: z.string() });
const stored = z.strictObject({ v: z.literal(1), orderers: z.record(z.string(), z.array(block)) });

/** Blocks that orderers signed and that the own chain does not have, by the organisation of the orderer. */
export class ForeignBlocks {
  readonly #path: string;
  readonly #blocks: Map<string, readonly z.infer<typeof block>[]>;

  private constructor(path: string, orderers: z.infer<typeof stored>['orderers']) {
    this.#path = path;
    this.#blocks = new Map(Object.entries(orderers));
  }

  /** Opens what is kept in a file. */
  static async open(path: string): Promise<ForeignBlocks> {
    const bytes = await readIfPresent(path);
    const orderers = bytes === undefined ? {} : storedJson(stored, bytes).orderers;
    return new ForeignBlocks(path, orderers);
  }

  /** Which orderer organisation signed a foreign block of that height and hash, or one that follows it. */
  signerOf(number: number, hash: string): string | undefined {
    const isThatOrNext = (one: z.infer<typeof block>): boolean =>
      (one.number === number && one.hash === hash) ||
      (one.number === number + 1 && one.previousHash === hash);
    return [...this.#blocks].find(([, blocks]) => blocks.some(isThatOrNext))?.[0];
  }

  /** Remembers one; it is on the disk when this returns. */
  async note({ number, hash, previousHash, signer: { mspId } }: SignedBlock): Promise<void> {
    const known = this.#blocks.get(mspId) ?? [];
    if (known.some((one) => one.number === number && one.hash === hash)) return;
    this.#blocks.set(mspId, [...known, { number, hash, previousHash }].slice(-MAX_BLOCKS));
    const orderers = Object.fromEntries(this.#blocks);
    await writeDurably(this.#path, Buffer.from(JSON.stringify({ v: 1, orderers })));
  }
}
