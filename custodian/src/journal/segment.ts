// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { journalLine, lineHash, type JournalLine } from './entry.js';
import { LineIndex } from './line-index.js';
import type { JournalFault } from './verify-journal.js';

const LINE_END = 0x0a;
/** How much of a file's end is read first to find its last line. */
const TAIL_BYTES = 64 * 1024;

/** Some consecutive lines of a journal in a file of their own; `first` is the number of its first line. */
export class Segment {
  readonly first: number;
  readonly path: string;
  #index: Promise<LineIndex> | undefined;

  constructor({ first, path }: Readonly<{ first: number; path: string }>, index?: LineIndex) {
    this.first = first;
    this.path = path;
    this.#index = index && Promise.resolve(index);
  }

  /** At most `limit` lines from a sequence number on. */
  async read(from: number, limit: number): Promise<readonly JournalLine[]> {
    const { start, end, skip } = (await this.#indexed()).stretch(from - this.first, limit);
    const file = await open(this.path, 'r');
    try {
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      const texts = buffer.toString('utf8').split('\n');
      return texts
        .filter((text) => text.length > 0)
        .slice(skip, skip + limit)
        .map(parseLine);
    } finally {
      await file.close();
    }
  }

  /** The index is made when a line is first asked for, once for all who ask meanwhile. */
  #indexed(): Promise<LineIndex> {
    this.#index ??= indexOf(this.path).catch((error: unknown) => {
      this.#index = undefined;
      throw error;
    });
    return this.#index;
  }
}

/** The last whole line of a file, undefined where there is none, and the size of the file up to its end. */
export async function lastLine(
  file: FileHandle,
  tailBytes: number = TAIL_BYTES,
): Promise<Readonly<{ line: JournalLine | undefined; size: number }>> {
  const { size: length } = await file.stat();
  const start = Math.max(0, length - tailBytes);
  const { buffer: tail } = await file.read(Buffer.alloc(length - start), 0, length - start, start);
  const end = tail.lastIndexOf(LINE_END);
  const begin = end <= 0 ? -1 : tail.lastIndexOf(LINE_END, end - 1);
  // What a power cut has torn may be longer than any line.
  if (begin < 0 && start > 0) return lastLine(file, tailBytes * 4);
  const line = end < 0 ? undefined : parseLine(tail.subarray(begin + 1, end));
  return { line, size: start + end + 1 };
}

/**
 * Reads a file of whole lines from its beginning without keeping it: its index, and the first line that does not
 * follow from the one before.
 */
export async function scan(
  path: string,
  from: Readonly<{ seq: number; prevHash: string }>,
): Promise<Readonly<{ index: LineIndex; fault: JournalFault | undefined }>> {
  const index = new LineIndex();
  let expected = from;
  let fault: JournalFault | undefined;
  for await (const text of linesIn(path)) {
    index.add(text.length + 1);
    fault ??= faultIn(text, expected);
    if (fault === undefined) expected = { seq: expected.seq + 1, prevHash: lineHash(parseLine(text)) };
  }
  return { index, fault };
}

async function indexOf(path: string): Promise<LineIndex> {
  const index = new LineIndex();
  for await (const text of linesIn(path)) index.add(text.length + 1);
  return index;
}

function faultIn(
  text: Buffer,
  expected: Readonly<{ seq: number; prevHash: string }>,
): JournalFault | undefined {
  const { seq } = expected;
  try {
    const line = parseLine(text);
    if (line.seq !== seq) return { seq, fault: 'sequence' };
    return line.prevHash === expected.prevHash ? undefined : { seq, fault: 'chain' };
  } catch {
    return { seq, fault: 'line' };
  }
}

/** The lines of a file without their line ends; what follows the last line end is none. */
async function* linesIn(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1024 * 1024 });
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, at)) {
      yield bytes.subarray(at, end);
      at = end + 1;
    }
    rest = bytes.subarray(at);
  }
}

function parseLine(text: Buffer | string): JournalLine {
  return journalLine.parse(JSON.parse(text.toString()));
}
