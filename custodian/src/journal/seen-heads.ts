// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';

const head = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const name = z.string().max(64);
const file = z.union([
  z.strictObject({
    v: z.literal(2),
    heads: z.record(name, z.strictObject({ head, seq: z.number().int().min(1).optional() })),
  }),
  // Before the number of the line was kept.
  z.strictObject({ v: z.literal(1), heads: z.record(name, head) }).transform(({ heads }) => ({
    heads: Object.fromEntries(Object.entries(heads).map(([mspId, one]) => [mspId, { head: one }])),
  })),
]);

/** The last line of a journal that was read and found sound: its hash and number. */
export type ReadUpTo = Readonly<{ head: string; seq?: number | undefined }>;

/** Up to where this custodian last read each custodian's journal, kept over restarts. */
export class SeenHeads {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** By MSP id; empty before the first reading. Throws if the file is damaged. */
  async all(): Promise<Readonly<Record<string, ReadUpTo>>> {
    const bytes = await readIfPresent(this.#path);
    if (bytes === undefined) return {};
    return storedJson(file, bytes).heads;
  }

  /** Remembers how far journals were read; those of custodians that are not named stay. */
  async remember(heads: Readonly<Record<string, ReadUpTo>>): Promise<void> {
    const all = { ...(await this.all()), ...heads };
    await writeDurably(this.#path, Buffer.from(JSON.stringify({ v: 2, heads: all })));
  }
}
