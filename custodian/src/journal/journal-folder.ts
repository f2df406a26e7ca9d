// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, syncFolder } from '../disk/durable-file.js';

const FILE = /^(\d{12})\.jsonl$/;

/** A segment's file: it bears the number of its first line. */
export type SegmentFile = Readonly<{ first: number; path: string }>;

/** The segments of a journal, oldest first; the folder is made if need be. */
export async function segmentFiles(folder: string): Promise<readonly SegmentFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await adoptSingleFile(folder);
  const files = (await readdir(folder)).filter((file) => FILE.test(file)).sort();
  return files.map((file) => ({ first: Number(FILE.exec(file)?.[1]), path: join(folder, file) }));
}

/** Begins a segment: file and name are on the disk when this returns. */
export async function beginSegment(
  folder: string,
  first: number,
): Promise<SegmentFile & Readonly<{ file: FileHandle }>> {
  const path = pathOf(folder, first);
  const file = await open(path, 'a+', 0o600);
  await file.sync();
  await syncFolder(folder);
  return { first, path, file };
}

/** A journal was one file beside the folder once: that becomes the first segment. */
async function adoptSingleFile(folder: string): Promise<void> {
  try {
    await rename(`${folder}.jsonl`, pathOf(folder, 1));
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await syncFolder(folder);
  await syncFolder(dirname(folder));
}

function pathOf(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(12, '0')}.jsonl`);
}
