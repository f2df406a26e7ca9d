// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import { lineHash, type JournalLine } from './entry.js';
import type { SeenHead } from './rewritten.js';

/**
 * How long after a line was shown the own peer, once it has caught up, must have the block that the line names, in
 * milliseconds: a peer that has caught up is ten minutes behind at most.
 */
export const ARRIVAL_MS = 30 * 60_000;

type Lines = ReadonlyMap<string, readonly JournalLine[] | undefined>;
type Shown = Readonly<{ seq: number; head: string; since: number }>;

/**
 * Lines about blocks that the own peer does not have yet. Their custodians' peers may be ahead, so a comparison stops
 * before such a line and says nothing of it, until the own peer has had time for the block.
 */
export class LinesAhead {
  readonly #clock: Clock;
  /** By custodian whose journal was left off before such a line: up to where it was shown then, and when. */
  readonly #shown = new Map<string, Shown>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest lines that were shown and are not compared yet: they must be the same ones when they are. */
  heads(): readonly SeenHead[] {
    return [...this.#shown].map(([mspId, { seq, head }]) => ({ mspId, head, seq, seenIn: 'reading' }));
  }

  /** Whether the own peer, whose newest block is that of `height`, may still come to a line's block. */
  isAhead(mspId: string, line: JournalLine, height: number): boolean {
    return (line.height ?? 0) > height && !this.#hadTime(mspId, line);
  }

  /** Remembers which journals were shown further than they were compared for such a line. */
  note({
    shown,
    compared,
    leftOff,
  }: Readonly<{ shown: Lines; compared: Lines; leftOff: readonly string[] }>): void {
    for (const [mspId, lines] of compared) {
      if (lines === undefined || this.#isWaitedFor(mspId, lines)) continue;
      this.#shown.delete(mspId);
      const last = shown.get(mspId)?.at(-1);
      if (last !== undefined && leftOff.includes(mspId))
        this.#shown.set(mspId, { seq: last.seq, head: lineHash(last), since: this.#clock() });
    }
  }

  #hadTime(mspId: string, { seq }: JournalLine): boolean {
    const shown = this.#shown.get(mspId);
    return shown !== undefined && seq <= shown.seq && shown.since + ARRIVAL_MS <= this.#clock();
  }

  /** Whether lines that were shown before are still to be compared: their time runs from then. */
  #isWaitedFor(mspId: string, compared: readonly JournalLine[]): boolean {
    return (this.#shown.get(mspId)?.seq ?? 0) > (compared.at(-1)?.seq ?? 0);
  }
}
