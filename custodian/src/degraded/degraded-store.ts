// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  custodianOf,
  DomainError,
  MAX_CUSTODIANS,
  signedAcknowledgement,
  signedDegradedRequest,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';
import { failureCode, type Log } from '../log.js';

const FILE = /^([A-Za-z0-9_-]{43})\.json$/;
const acknowledgement = z.transform((value: unknown) => signedAcknowledgement(value, '$'));
/** An earlier version kept one hospital's acknowledgement as often as it was given. */
const oneEach = (given: readonly SignedAcknowledgement[]): readonly SignedAcknowledgement[] => [
  ...new Map(given.map((one) => [custodianOf(one), one])).values(),
];
const releasedOn = z
  .array(acknowledgement)
  .transform(oneEach)
  .refine(({ length }) => length <= MAX_CUSTODIANS);
const stored = z.strictObject({
  v: z.literal(1),
  requestHash: z.string().length(43),
  request: z.transform((value: unknown) => signedDegradedRequest(value, '$.request')),
  epoch: z.number().int().min(1),
  acknowledgement: acknowledgement.optional(),
  releasing: z.strictObject({ releasedOn, after: z.number().int().min(0) }).optional(),
  releasedOn: releasedOn.optional(),
  posted: z.enum(['acknowledged', 'released']).optional(),
});

/** A release that is being written down. */
export type Releasing = Readonly<{ releasedOn: readonly SignedAcknowledgement[]; after: number }>;

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
  /**
   * From before the journal's lines of a first release until after them: on what it is released, and how many lines the
   * journal had before. What the journal shows after these decides whether it was released.
   */
  releasing?: Releasing | undefined;
  releasedOn?: Releasing['releasedOn'] | undefined;
  posted?: 'acknowledged' | 'released' | undefined;
}>;

/**
 * The requests taken, one file each; none is forgotten before the ledger has it. One whose file is damaged stays on the
 * disk as it is and keeps nothing else from working: a call for it is refused, since it is not absent.
 */
export class DegradedStore {
  readonly #folder: string;
  readonly #cases: Map<string, DegradedCase>;
  readonly #damaged: ReadonlySet<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, cases: Map<string, DegradedCase>, damaged: ReadonlySet<string>) {
    this.#folder = folder;
    this.#cases = cases;
    this.#damaged = damaged;
  }

  /** Opens the folder, and makes it if need be; what is damaged in it is named in the log. */
  static async open(folder: string, log: Pick<Log, 'error'>): Promise<DegradedStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const cases = new Map<string, DegradedCase>();
    const damaged = new Set<string>();
    for (const file of await readdir(folder)) {
      const requestHash = FILE.exec(file)?.[1];
      const bytes = requestHash === undefined ? undefined : await readIfPresent(join(folder, file));
      if (requestHash === undefined || bytes === undefined) continue;
      try {
        cases.set(requestHash, caseIn(bytes, requestHash));
      } catch (error) {
        damaged.add(requestHash);
        const facts = { alarm: 'DEGRADED_DAMAGED', requestHash, code: failureCode(error) };
        log.error(facts, 'what is kept of an emergency cannot be read');
      }
    }
    return new DegradedStore(folder, cases, damaged);
  }

  /** The case of a request. Throws INTERNAL for one that is damaged. */
  find(requestHash: string): DegradedCase | undefined {
    if (this.#damaged.has(requestHash))
      throw new DomainError('INTERNAL', 'what this custodian keeps of the request is damaged');
    return this.#cases.get(requestHash);
  }

  /** Everything that the ledger does not have, or not all of, as far as is known before its release is completed. */
  pending(): readonly DegradedCase[] {
    return [...this.#cases.values()].filter(
      (one) => one.releasing !== undefined || one.posted !== progressOf(one),
    );
  }

  /** How many cases the ledger does not have as far as this custodian can tell: all that wait, and all damaged ones. */
  get unposted(): number {
    return this.pending().length + this.#damaged.size;
  }

  /** Keeps a case with what a change adds to it; it is on the disk when this returns. */
  keep(one: DegradedCase, change: Partial<DegradedCase> = {}): Promise<void> {
    const kept = this.#last.then(async () => {
      const { requestHash } = one;
      const next = stored.parse({ ...(this.find(requestHash) ?? one), ...change });
      await writeDurably(join(this.#folder, `${requestHash}.json`), Buffer.from(JSON.stringify(next)));
      this.#cases.set(requestHash, next);
    });
    this.#last = Promise.allSettled([kept]);
    return kept;
  }
}

/** The case in a file that is named after its request; throws where it is damaged. */
function caseIn(bytes: Uint8Array, requestHash: string): DegradedCase {
  const found = storedJson(stored, bytes);
  if (found.requestHash !== requestHash) throw new DomainError('INTERNAL', 'the case is of another request');
  return found;
}

/** How far a case has come. */
export function progressOf({ releasedOn }: DegradedCase): 'acknowledged' | 'released' {
  return releasedOn === undefined ? 'acknowledged' : 'released';
}
