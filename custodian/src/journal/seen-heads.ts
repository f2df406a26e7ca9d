// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../disk/durable-file.js';

const file = z.strictObject({
  v: z.literal(1),
  heads: z.record(z.string().max(64), z.string().regex(/^[A-Za-z0-9_-]{43}$/)),
});

/** The head of each custodian's journal as this custodian last read it, kept over restarts. */
export class SeenHeads {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Head by MSP id; empty before the first reading. Throws if the file is damaged. */
  async all(): Promise<Readonly<Record<string, string>>> {
    const bytes = await readIfPresent(this.#path);
    if (bytes === undefined) return {};
    return file.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).heads;
  }

  /** Remembers heads; those of custodians that are not named stay. */
  async remember(heads: Readonly<Record<string, string>>): Promise<void> {
    const all = { ...(await this.all()), ...heads };
    await writeDurably(this.#path, Buffer.from(JSON.stringify({ v: 1, heads: all })));
  }
}
