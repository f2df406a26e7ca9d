// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '@tutela/chaincode/domain';
import { ByHospital } from '../by-hospital.js';
import type { Clock } from '../clock.js';
import { isWrittenDown } from './doubling.js';
import type { JournalFacts } from './entry.js';
import type { Journal } from './journal.js';

const DAY_MS = 86_400_000;

/** A refusal of a question about nothing that the ledger shows to be the asking hospital's own. */
export type Refusal = Readonly<{
  kind: JournalFacts['kind'];
  code: ErrorCode;
  /** Whose TLS certificate asked. */
  hospital: string;
  requestHash: string;
}>;

/**
 * Refusals that anybody can bring about as often as he likes: counted by hospital, kind and code, and written down
 * each time that the day's count has doubled. A hospital adds a few hundred lines a day, however much it asks.
 */
export class RefusalCounts {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #clock: Clock;
  #today = new ByHospital(() => new Map<string, number>());
  #day = 0;

  constructor({ journal, clock }: Readonly<{ journal: Pick<Journal, 'append'>; clock: Clock }>) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Counts a refusal; the line for it, if it is due, is on the disk when this returns. */
  async add({ kind, code, hospital, requestHash }: Refusal): Promise<void> {
    const count = this.#next(hospital, `${kind} ${code}`);
    if (isWrittenDown(count))
      await this.#journal.append([{ kind, decision: 'deny', code, hospital, count, requestHash }]);
  }

  #next(hospital: string, name: string): number {
    const day = Math.floor(this.#clock() / DAY_MS);
    if (day !== this.#day) this.#today = new ByHospital(() => new Map<string, number>());
    this.#day = day;
    const counts = this.#today.of(hospital);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  }
}
