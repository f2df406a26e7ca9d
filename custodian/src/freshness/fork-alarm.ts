// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';
import { signedBlock } from './signed-block.js';

const evidence = z.strictObject({
  v: z.literal(1),
  at: z.string(),
  reportedBy: z.string(),
  /** The hospitals whose custodians showed another chain when the alarm was raised; an earlier version did not say. */
  members: z.array(z.string()).default([]),
  own: signedBlock.partial({ signer: true, signature: true }),
  other: signedBlock,
});

/** The own block of a height, and another one that an orderer signed. */
export type ForkEvidence = z.infer<typeof evidence>;

/** Remembers across restarts that the own chain is contradicted, until the operator says that it is mended. */
export class ForkAlarm {
  readonly #path: string;
  #evidence: ForkEvidence | undefined;

  private constructor(path: string, found: ForkEvidence | undefined) {
    this.#path = path;
    this.#evidence = found;
  }

  /** Opens the alarm kept in a file. */
  static async open(path: string): Promise<ForkAlarm> {
    const bytes = await readIfPresent(path);
    const found = bytes === undefined ? undefined : storedJson(evidence, bytes);
    return new ForkAlarm(path, found);
  }

  /** The evidence, while the alarm is raised. */
  get evidence(): ForkEvidence | undefined {
    return this.#evidence;
  }

  /** Raises the alarm; the first evidence stays. */
  async raise(found: ForkEvidence): Promise<void> {
    if (this.#evidence !== undefined) return;
    this.#evidence = found;
    await writeDurably(this.#path, Buffer.from(JSON.stringify(found)));
  }

  /** Ends the alarm. */
  async clear(): Promise<void> {
    await eraseDurably(this.#path);
    this.#evidence = undefined;
  }
}
