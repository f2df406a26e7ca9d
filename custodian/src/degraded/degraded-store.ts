// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  signedAcknowledgement,
  signedDegradedRequest,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';

const FILE = /^([A-Za-z0-9_-]{43})\.json$/;
const acknowledgement = z.transform((value: unknown) => signedAcknowledgement(value, '$'));
const stored = z.strictObject({
  v: z.literal(1),
  requestHash: z.string().length(43),
  request: z.transform((value: unknown) => signedDegradedRequest(value, '$.request')),
  epoch: z.number().int().min(1),
  acknowledgement: acknowledgement.optional(),
  releasedOn: z.array(acknowledgement).max(31).optional(),
  posted: z.enum(['acknowledged', 'released']).optional(),
});

/**
 * A request that this custodian took while the ledger stalled: with its own acknowledgement once the journal has it,
 * with the acknowledgements on which it released, and how much of that the ledger has by now.
 */
export type DegradedCase = Readonly<{
  v: 1;
  requestHash: string;
  request: SignedDegradedRequest;
  /** Of the custodian set at that time. */
  epoch: number;
  acknowledgement?: SignedAcknowledgement | undefined;
  releasedOn?: readonly SignedAcknowledgement[] | undefined;
  posted?: 'acknowledged' | 'released' | undefined;
}>;

/** The requests taken, one file each; none is forgotten before the ledger has it. */
export class DegradedStore {
  readonly #folder: string;
  readonly #cases: Map<string, DegradedCase>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, cases: Map<string, DegradedCase>) {
    this.#folder = folder;
    this.#cases = cases;
  }

  /** Opens the folder, and makes it if need be. */
  static async open(folder: string): Promise<DegradedStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const cases = new Map<string, DegradedCase>();
    for (const file of await readdir(folder)) {
      const bytes = FILE.test(file) ? await readIfPresent(join(folder, file)) : undefined;
      if (bytes === undefined) continue;
      const found = storedJson(stored, bytes);
      cases.set(found.requestHash, found);
    }
    return new DegradedStore(folder, cases);
  }

  /** The case of a request. */
  find(requestHash: string): DegradedCase | undefined {
    return this.#cases.get(requestHash);
  }

  /** Everything that the ledger does not have, or not all of. */
  pending(): readonly DegradedCase[] {
    return [...this.#cases.values()].filter((one) => one.posted !== progressOf(one));
  }

  /** Keeps a case with what a change adds to it; it is on the disk when this returns. */
  keep(one: DegradedCase, change: Partial<DegradedCase> = {}): Promise<void> {
    const kept = this.#last.then(async () => {
      const { requestHash } = one;
      const next = { ...(this.#cases.get(requestHash) ?? one), ...change };
      await writeDurably(join(this.#folder, `${requestHash}.json`), Buffer.from(JSON.stringify(next)));
      this.#cases.set(requestHash, next);
    });
    this.#last = Promise.allSettled([kept]);
    return kept;
  }
}

/** How far a case has come. */
export function progressOf({ releasedOn }: DegradedCase): 'acknowledged' | 'released' {
  return releasedOn === undefined ? 'acknowledged' : 'released';
}
