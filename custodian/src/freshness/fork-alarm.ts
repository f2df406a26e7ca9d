// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';

const side = z.strictObject({
  number: z.number(),
  previousHash: z.string(),
  dataHash: z.string(),
  hash: z.string(),
  signer: z.strictObject({ mspId: z.string(), certificate: z.string() }),
  signature: z.strictObject({ value: z.string(), signatureHeader: z.string(), signature: z.string() }),
});
const evidence = z.strictObject({
  v: z.literal(1),
  at: z.string(),
  reportedBy: z.string(),
  own: side,
  other: side,
});

/** Two headers of one height, each signed by an orderer: proof that the ordering service has lied to somebody. */
export type ForkEvidence = z.infer<typeof evidence>;

/** Remembers a fork across restarts until the operator says that the ordering service is mended. */
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
    const found =
      bytes === undefined ? undefined : evidence.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
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
