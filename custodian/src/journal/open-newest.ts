// SPDX-License-Identifier: Apache-2.0
import { open, type FileHandle } from 'node:fs/promises';
import { EMPTY_HEAD, lineHash, type JournalLine } from './entry.js';
import { beginSegment, segmentFiles, type SegmentFile } from './journal-folder.js';
import { LineIndex } from './line-index.js';
import { lastLine, scan, Segment } from './segment.js';
import type { JournalFault } from './verify-journal.js';

/** The segment that is written, with its file and where its lines begin. */
export type NewestSegment = Readonly<{ segment: Segment; file: FileHandle; index: LineIndex }>;

/** What a journal goes on from. */
export type JournalBeginning = Readonly<{
  closed: readonly Segment[];
  newest: NewestSegment;
  length: number;
  head: string;
  /** The first line of the newest segment that does not follow from the one before. */
  fault: JournalFault | undefined;
}>;

/**
 * Opens the newest segment of a journal and checks it whole; of the older ones only the last line of the last is read,
 * since each segment's first line names the hash of the line before it. A file from before there were segments may be
 * of any size: it is closed unread, and a new segment goes on from its last line.
 */
export async function openNewest(folder: string, segmentBytes: number): Promise<JournalBeginning> {
  const files = await segmentFiles(folder);
  const found = files.at(-1);
  if (found === undefined) return { ...BEGINNING, closed: [], newest: await newSegment(folder, 1) };
  const closed = files.slice(0, -1).map((file) => new Segment(file));
  const before = headOf(await lastOf(files.at(-2)));
  const { line, size, file } = await openWhole(found.path);
  if (size >= 2 * segmentBytes && line !== undefined) {
    await file.close();
    const newest = await newSegment(folder, line.seq + 1);
    const all = [...closed, new Segment(found)];
    return { closed: all, newest, length: line.seq, head: lineHash(line), fault: undefined };
  }
  const { index, fault } = await scan(found.path, { seq: found.first, prevHash: before });
  const newest = { segment: new Segment(found, index), file, index };
  const length = found.first - 1 + index.lines;
  return { closed, newest, length, head: line === undefined ? before : lineHash(line), fault };
}

/** Begins a segment. */
export async function newSegment(folder: string, first: number): Promise<NewestSegment> {
  const { file, ...begun } = await beginSegment(folder, first);
  const index = new LineIndex();
  return { segment: new Segment(begun, index), file, index };
}

const BEGINNING = { length: 0, head: EMPTY_HEAD, fault: undefined } as const;

/** Opens a file to append to it, without a line that a crash has torn. */
async function openWhole(path: string): Promise<Awaited<ReturnType<typeof lastLine>> & { file: FileHandle }> {
  const file = await open(path, 'a+', 0o600);
  try {
    const last = await lastLine(file);
    await file.truncate(last.size);
    await file.sync();
    return { ...last, file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function lastOf(segment: SegmentFile | undefined): Promise<JournalLine | undefined> {
  if (segment === undefined) return undefined;
  const file = await open(segment.path, 'r');
  try {
    return (await lastLine(file)).line;
  } finally {
    await file.close();
  }
}

function headOf(line: JournalLine | undefined): string {
  return line === undefined ? EMPTY_HEAD : lineHash(line);
}
