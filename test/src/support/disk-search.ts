// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files below a folder that hold any of the byte sequences; sockets and what vanishes meanwhile are passed over. */
export async function filesHolding(
  folder: string,
  needles: readonly Uint8Array[],
): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const file of files) {
    const bytes = await readIfThere(file);
    if (bytes !== undefined && needles.some((needle) => bytes.includes(Buffer.from(needle))))
      found.push(file);
  }
  return found;
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
