// SPDX-License-Identifier: Apache-2.0
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { isAlive, signal } from './pid.js';

const remembered = z.array(z.string().max(64)).max(1000);
const graceMs = 10_000;
const pollMs = 100;

/** Writes down which processes run, whole or not at all. */
export function rememberProcesses(file: string, identities: readonly string[]): void {
  writeFileSync(`${file}.new`, JSON.stringify(identities), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Lists the remembered processes that still run. */
export function survivors(file: string): readonly string[] {
  try {
    return remembered.parse(JSON.parse(readFileSync(file, 'utf8'))).filter(isAlive);
  } catch {
    // No note, or one that was never finished: nothing was started under it.
    return [];
  }
}

/** Ends processes that outlived their supervisor; answers how many there were. */
export async function endSurvivors(file: string): Promise<number> {
  const alive = survivors(file);
  for (const each of alive) {
    signal(each, 'SIGTERM');
    signal(each, 'SIGCONT');
  }
  const deadline = performance.now() + graceMs;
  while (alive.some(isAlive) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  for (const each of alive) signal(each, 'SIGKILL');
  rmSync(file, { force: true });
  return alive.length;
}
