// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GroundError } from '../errors.js';
import { isAlive, processIdentity } from '../process/pid.js';

const pollMs = 200;

/** Runs the work while holding a lock file; a lock whose owner is dead is taken over. Waits without a limit only as long as the owner lives. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let isReported = false;
  while (!(await tryLock(path))) {
    if (!isReported) onWait();
    isReported = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Takes the lock now, or throws the refusal where another that lives holds it. */
export async function lockOrRefuse(path: string, refusal: GroundError): Promise<void> {
  // The first attempt removes a lock whose owner is dead.
  if ((await tryLock(path)) || (await tryLock(path))) return;
  throw refusal;
}

/** Takes the lock if nobody alive holds it; answers whether it is ours now. */
export async function tryLock(path: string): Promise<boolean> {
  const claim = `${path}.${randomUUID()}`;
  await writeFile(claim, processIdentity(process.pid) ?? String(process.pid), { mode: 0o600 });
  try {
    // A hard link appears whole or not at all, so no lock is ever seen without its owner's name.
    await link(claim, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = await readFile(path, 'utf8').catch(() => undefined);
    if (owner !== undefined && !isAlive(owner)) await rm(path, { force: true });
    return false;
  } finally {
    await rm(claim, { force: true });
  }
}
