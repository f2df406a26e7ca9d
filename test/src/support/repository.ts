// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The folder in which the product lies; the same from sources and from compiled files. */
export const repositoryDir = fileURLToPath(new URL('../../..', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.tutela', 'coverage']);

/** Every file below a folder of the repository whose name ends so; paths relative to the repository. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  const found = readdirSync(join(repositoryDir, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (SKIPPED.has(entry.name)) return [];
    if (entry.isDirectory()) return filesUnder(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
  return found.sort();
}

/** Text of a file of the repository. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(repositoryDir, path), 'utf8');
}

/** The packages of the repository, as package.json lists them. */
export const workspaces: readonly string[] = z
  .object({ workspaces: z.array(z.string()).min(1) })
  .parse(JSON.parse(readRepositoryFile('package.json'))).workspaces;
