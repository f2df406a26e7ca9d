// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import { isWrittenDown } from '../journal/doubling.js';
import type { JournalFacts } from '../journal/entry.js';
import type { Journal } from '../journal/journal.js';

const DAY_MS = 86_400_000;

type Facts = Pick<JournalFacts, 'requestHash' | 'consentId' | 'identity'>;
type Due = { readonly line: JournalFacts; writing: Promise<string> | undefined };

/**
 * Writes holds down by their key: the first one, and those that come in its place whenever the day's count of them has
 * doubled, since the authors of a hold can sign newer ones without end. What the ledger ends begins anew, what time
 * ends does not. So the lines grow with the ledger and not with the number of statements.
 */
export class HoldLines {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #clock: Clock;
  #counts = new Map<string, number>();
  #day = 0;
  readonly #due = new Map<string, Due>();
  /** Keys of which the journal says that something is held. */
  readonly #open = new Set<string>();

  constructor({ journal, clock }: Readonly<{ journal: Pick<Journal, 'append'>; clock: Clock }>) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Takes up what was held before the start, which has its line. */
  resume(key: string): void {
    this.#open.add(key);
  }

  /** Counts a hold; its line, if it is due, is written by {@link settled}. */
  add(key: string, facts: Facts): void {
    const count = this.#next(key);
    if (!isWrittenDown(count)) return;
    const line = { kind: 'hold', decision: 'deny', ...facts, ...(count > 1 && { count }) } as const;
    this.#due.set(key, { line, writing: undefined });
  }

  /** Waits until the line that is due under a key is in the journal; one that was refused is tried again. */
  async settled(key: string): Promise<void> {
    const due = this.#due.get(key);
    if (due === undefined) return;
    this.#open.add(key);
    due.writing ??= this.#journal.append([due.line]);
    try {
      await due.writing;
    } catch (error) {
      due.writing = undefined;
      throw error;
    }
    if (this.#due.get(key) === due) this.#due.delete(key);
  }

  /** The ledger has what is held under a key: the next hold there is a first one. */
  beginAnew(key: string): void {
    this.#counts.delete(key);
  }

  /** Writes down that nothing is held under a key any more, if the journal says that something is. */
  async end(key: string, facts: Facts): Promise<void> {
    this.#due.delete(key);
    if (this.#open.delete(key))
      await this.#journal.append([{ kind: 'hold-ended', decision: 'deny', ...facts }]);
  }

  #next(key: string): number {
    const day = Math.floor(this.#clock() / DAY_MS);
    if (day !== this.#day) this.#counts = new Map();
    this.#day = day;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}
