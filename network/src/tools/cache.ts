// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ToolFamily } from './catalogue.js';

/** The folder whose sub-folders pin one family's Go modules each. */
export const toolModulesDir = fileURLToPath(new URL('../../tools', import.meta.url));

/** Where compiled programs are kept for this user, outside every consortium's state. */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  return env['TUTELA_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tutela');
}

/** Names the cache folder of one family: it changes whenever a pin changes. */
export async function familyDir(family: ToolFamily, cache: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(toolModulesDir, family.id, file)));
  const pin = hash.digest('hex').slice(0, 12);
  return join(cache, 'bin', `${family.id}-${family.version}-${pin}-${process.platform}-${process.arch}`);
}

/** Tells whether every program of the family can be executed in the folder. */
export async function hasAllTools(family: ToolFamily, dir: string): Promise<boolean> {
  const checks = family.tools.map((tool) => isExecutable(join(dir, tool)));
  return (await Promise.all(checks)).every(Boolean);
}

/** Tells whether the file exists and this user may execute it. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
