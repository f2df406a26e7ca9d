// SPDX-License-Identifier: Apache-2.0
import { open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Replaces a file in one step that survives a crash; mode 0600. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncFolder(dirname(path));
}

/**
 * As {@link writeDurably}, and overwrites what the file held before: a rename leaves the old bytes on the disk. A kill
 * in between leaves them too, which is why what may have several versions is sealed under a key that ends with it.
 */
export async function replaceErasing(path: string, bytes: Uint8Array): Promise<void> {
  const old = await openIfPresent(path);
  try {
    await writeDurably(path, bytes);
    if (old !== undefined) await overwrite(old);
  } finally {
    await old?.close();
  }
}

/** Erases what a kill has left of files that were being written. */
export async function eraseUnfinished(folder: string): Promise<void> {
  for (const file of await readdir(folder))
    if (file.endsWith('.next')) await eraseDurably(join(folder, file));
}

/** The bytes of a file, or undefined where there is none. */
export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Overwrites and removes a file. On flash and copy-on-write disks old bytes may stay behind, which is why what
 * is erased was sealed, and why an erased share is worth nothing in the next epoch.
 */
export async function eraseDurably(path: string): Promise<void> {
  const file = await openIfPresent(path);
  try {
    if (file !== undefined) await overwrite(file);
  } finally {
    await file?.close();
  }
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function overwrite(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  await file.write(new Uint8Array(size), 0, size, 0);
  await file.sync();
}

/** Puts the names of a folder's files on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether an operation failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
