// SPDX-License-Identifier: Apache-2.0
import { open, type FileHandle } from 'node:fs/promises';
import { instantOf } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Identity } from '../identity.js';
import {
  EMPTY_HEAD,
  JOURNAL_PREFIX,
  journalLine,
  lineHash,
  type JournalFacts,
  type JournalLine,
} from './entry.js';

/** Greatest number of lines in one page. */
export const JOURNAL_PAGE = 500;

type Waiting = Readonly<{
  facts: readonly JournalFacts[];
  resolve: (head: string) => void;
  reject: (error: unknown) => void;
}>;

/**
 * A file of signed, hash-chained lines. What was appended is on the disk when `append` returns; appends that wait
 * for one another share one synchronisation.
 */
export class Journal {
  readonly #file: FileHandle;
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #offsets: number[];
  #size: number;
  #head: string;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  private constructor(
    file: FileHandle,
    { identity, clock }: Readonly<{ identity: Identity; clock: Clock }>,
    found: Readonly<{ offsets: number[]; size: number; head: string }>,
  ) {
    this.#file = file;
    this.#identity = identity;
    this.#clock = clock;
    this.#offsets = found.offsets;
    this.#size = found.size;
    this.#head = found.head;
  }

  /** Opens a journal, or begins one; a last line that a crash has torn is cut off. */
  static async open(path: string, signer: Readonly<{ identity: Identity; clock: Clock }>): Promise<Journal> {
    const file = await open(path, 'a+', 0o600);
    const found = scan(await file.readFile());
    await file.truncate(found.size);
    await file.sync();
    return new Journal(file, signer, found);
  }

  /** Hash of the last line. */
  get head(): string {
    return this.#head;
  }

  /** Number of lines. */
  get length(): number {
    return this.#offsets.length;
  }

  /** Appends lines and returns the head after them, once they are on the disk. */
  append(facts: readonly JournalFacts[]): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ facts, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** At most `limit` lines from a sequence number on. */
  async read(from: number, limit: number = JOURNAL_PAGE): Promise<readonly JournalLine[]> {
    const start = this.#offsets[from - 1];
    if (start === undefined) return [];
    const end = this.#offsets[from - 1 + limit] ?? this.#size;
    const buffer = Buffer.alloc(end - start);
    await this.#file.read(buffer, 0, buffer.length, start);
    return linesOf(buffer);
  }

  /** Waits for what is being written, and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
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
        await this.#cutTornLine();
      }
    }
    this.#writing = undefined;
  }

  async #write(groups: readonly (readonly JournalFacts[])[]): Promise<readonly string[]> {
    let head = this.#head;
    let size = this.#size;
    const offsets: number[] = [];
    const texts: string[] = [];
    const heads = groups.map((group) => {
      for (const facts of group) {
        const line = this.#line(facts, this.#offsets.length + offsets.length + 1, head);
        const text = `${JSON.stringify(line)}\n`;
        offsets.push(size);
        texts.push(text);
        size += Buffer.byteLength(text);
        head = lineHash(line);
      }
      return head;
    });
    await this.#file.appendFile(texts.join(''));
    await this.#file.datasync();
    this.#offsets.push(...offsets);
    this.#size = size;
    this.#head = head;
    return heads;
  }

  // A failure is answered to who waits; should cutting fail too, the next start cuts.
  async #cutTornLine(): Promise<void> {
    await Promise.allSettled([this.#file.truncate(this.#size)]);
  }

  #line(facts: JournalFacts, seq: number, prevHash: string): JournalLine {
    const unsigned = { v: 1, suite: 1, seq, prevHash, time: instantOf(this.#clock()), ...facts } as const;
    return { ...unsigned, signature: this.#identity.sign(JOURNAL_PREFIX, unsigned) };
  }
}

function scan(content: Buffer): { offsets: number[]; size: number; head: string } {
  const size = content.lastIndexOf(0x0a) + 1;
  const offsets: number[] = [];
  for (let at = 0; at < size; at = content.indexOf(0x0a, at) + 1) offsets.push(at);
  const last = offsets.at(-1);
  const head = last === undefined ? EMPTY_HEAD : lineHash(parseLine(content.subarray(last, size)));
  return { offsets, size, head };
}

function linesOf(content: Buffer): readonly JournalLine[] {
  const texts = content.toString('utf8').split('\n');
  return texts.filter((text) => text.length > 0).map(parseLine);
}

function parseLine(text: Buffer | string): JournalLine {
  return journalLine.parse(JSON.parse(text.toString()));
}
