// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Files below a folder by their paths, with their sizes in bytes. */
export type Footprint = ReadonlyMap<string, number>;

/** The sizes of all files below a folder; a file that goes while it is looked at counts as gone. */
export async function footprintOf(folder: string): Promise<Footprint> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const sizes = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file).catch(() => undefined);
      return [relative(folder, file), found?.size ?? 0] as const;
    }),
  );
  return new Map(sizes);
}

/** How much each of a hospital's stores grew, in bytes, by the path of the store; what did not change is left out. */
export function growthByStore(before: Footprint, after: Footprint): Readonly<Record<string, number>> {
  return differences(byStore(before), byStore(after));
}

/** By how much numbers changed, by their names; what did not change is left out. */
export function differences(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changes = names.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}

/** Bytes that a process has had written to the disk since it started, whatever became of them. */
export function writtenBy(pid: number): number {
  const bytes = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
  return Number(bytes ?? Number.NaN);
}

function byStore(files: Footprint): ReadonlyMap<string, number> {
  const stores = new Map<string, number>();
  for (const [file, size] of files) stores.set(storeOf(file), (stores.get(storeOf(file)) ?? 0) + size);
  return stores;
}

/** A file's folder, at most three levels deep: `peer/data/ledgersData`. */
function storeOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  return folders.slice(0, 3).join('/');
}
