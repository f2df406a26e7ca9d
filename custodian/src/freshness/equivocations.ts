// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';
import { signedBlock } from './signed-block.js';

/**
 * Proof that an orderer organisation signed two chains: a block of the own chain, and one that is not in it, at the
 * same height or below.
 */
const equivocation = z.strictObject({ at: z.string(), own: signedBlock, other: signedBlock });
export type Equivocation = z.infer<typeof equivocation>;

const stored = z.strictObject({ v: z.literal(1), orderers: z.record(z.string(), equivocation) });

/** The orderer organisations that signed two chains, by MSP id, until the operator says that they are mended. */
export class Equivocations {
  readonly #path: string;
  readonly #found: Map<string, Equivocation>;

  private constructor(path: string, found: Readonly<Record<string, Equivocation>>) {
    this.#path = path;
    this.#found = new Map(Object.entries(found));
  }

  /** Opens what is kept in a file. */
  static async open(path: string): Promise<Equivocations> {
    const bytes = await readIfPresent(path);
    const found = bytes === undefined ? {} : storedJson(stored, bytes).orderers;
    return new Equivocations(path, found);
  }

  /** All of them. */
  all(): Readonly<Record<string, Equivocation>> {
    return Object.fromEntries(this.#found);
  }

  /** Whether an organisation's signatures count no more. */
  has(mspId: string): boolean {
    return this.#found.has(mspId);
  }

  /** Records one; an organisation's first stays. */
  async record(mspId: string, found: Equivocation): Promise<void> {
    if (this.#found.has(mspId)) return;
    this.#found.set(mspId, found);
    await writeDurably(this.#path, Buffer.from(JSON.stringify({ v: 1, orderers: this.all() })));
  }

  /** Forgets all. */
  async clear(): Promise<void> {
    await eraseDurably(this.#path);
    this.#found.clear();
  }
}
