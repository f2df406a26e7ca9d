// SPDX-License-Identifier: Apache-2.0
import { instantOf } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Identity } from '../identity.js';
import { JOURNAL_PREFIX, lineHash, type JournalFacts, type JournalLine } from './entry.js';
import { newSegment, openNewest, type JournalBeginning, type NewestSegment } from './open-newest.js';
import type { Segment } from './segment.js';
import type { JournalFault } from './verify-journal.js';

/** Greatest number of lines in one page. */
export const JOURNAL_PAGE = 500;
/** From this size on a segment is followed by another one. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

type Waiting = Readonly<{
  facts: readonly JournalFacts[];
  resolve: (head: string) => void;
  reject: (error: unknown) => void;
}>;
type Place = Readonly<{ folder: string; segmentBytes: number; identity: Identity; clock: Clock }>;

/**
 * Signed, hash-chained lines in segments of bounded size. Each segment goes on from the last line of the one before.
 * What was appended is on the disk when `append` returns; appends that wait for one another share one synchronisation.
 */
export class Journal {
  /** The first line of the newest segment that did not follow from the one before when the journal was opened. */
  readonly fault: JournalFault | undefined;
  readonly #place: Place;
  readonly #closed: Segment[];
  #newest: NewestSegment;
  #length: number;
  #head: string;
  #isTorn = false;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  private constructor(place: Place, { closed, newest, length, head, fault }: JournalBeginning) {
    this.#place = place;
    this.#closed = [...closed];
    this.#newest = newest;
    this.#length = length;
    this.#head = head;
    this.fault = fault;
  }

  /** Opens the journal of a folder, or begins one; a last line that a crash has torn is cut off. */
  static async open(
    folder: string,
    signer: Readonly<{ identity: Identity; clock: Clock }>,
    segmentBytes: number = SEGMENT_BYTES,
  ): Promise<Journal> {
    return new Journal({ folder, segmentBytes, ...signer }, await openNewest(folder, segmentBytes));
  }

  /** Hash of the last line. */
  get head(): string {
    return this.#head;
  }

  /** Number of lines. */
  get length(): number {
    return this.#length;
  }

  /** Appends lines and returns the head after them, once they are on the disk. */
  append(facts: readonly JournalFacts[]): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ facts, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** At most `limit` lines, and never more than a page, from a sequence number on. */
  async read(from: number, limit: number = JOURNAL_PAGE): Promise<readonly JournalLine[]> {
    const end = Math.min(from + Math.min(limit, JOURNAL_PAGE), this.#length + 1);
    const lines: JournalLine[] = [];
    while (from + lines.length < end) {
      const next = from + lines.length;
      const some = await this.#segmentOf(next).read(next, end - next);
      if (some.length === 0) break;
      lines.push(...some);
    }
    return lines;
  }

  /** Waits for what is being written, and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#newest.file.close();
  }

  #segmentOf(seq: number): Segment {
    const { segment } = this.#newest;
    if (segment.first <= seq) return segment;
    return this.#closed.findLast(({ first }) => first <= seq) ?? segment;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const heads = await this.#write(batch.map(({ facts }) => facts));
        batch.forEach(({ resolve }, position) => {
          resolve(heads[position] ?? this.#head);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(groups: readonly (readonly JournalFacts[])[]): Promise<readonly string[]> {
    await this.#cutTornLines();
    await this.#beginSegmentIfFull();
    let head = this.#head;
    const texts: string[] = [];
    const heads = groups.map((group) => {
      for (const facts of group) {
        const line = this.#line(facts, this.#length + texts.length + 1, head);
        texts.push(`${JSON.stringify(line)}\n`);
        head = lineHash(line);
      }
      return head;
    });
    const { file, index } = this.#newest;
    this.#isTorn = true;
    await file.appendFile(texts.join(''));
    await file.datasync();
    this.#isTorn = false;
    for (const text of texts) index.add(Buffer.byteLength(text));
    this.#length += texts.length;
    this.#head = head;
    return heads;
  }

  /** What a write that failed has left is cut before the next one; where that fails too, nothing is written. */
  async #cutTornLines(): Promise<void> {
    if (!this.#isTorn) return;
    await this.#newest.file.truncate(this.#newest.index.size);
    this.#isTorn = false;
  }

  async #beginSegmentIfFull(): Promise<void> {
    const { segment, file, index } = this.#newest;
    if (index.size < this.#place.segmentBytes) return;
    this.#newest = await newSegment(this.#place.folder, this.#length + 1);
    this.#closed.push(segment);
    await file.close();
  }

  #line(facts: JournalFacts, seq: number, prevHash: string): JournalLine {
    const { identity, clock } = this.#place;
    const unsigned = { v: 2, suite: 1, seq, prevHash, time: instantOf(clock()), ...facts } as const;
    return { ...unsigned, signature: identity.sign(JOURNAL_PREFIX, unsigned) };
  }
}
