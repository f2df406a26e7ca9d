// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { GroundError, messageOf } from '../errors.js';
import { hasAllTools, toolModulesDir } from './cache.js';
import type { ToolFamily } from './catalogue.js';
import { withLock } from './lock.js';

/** Receives one plain line of progress. */
export type Progress = (line: string) => void;

const keptErrorLines = 15;

/**
 * Compiles a family from its pinned modules into `dir` and returns it. Interrupted builds resume from
 * Go's own build cache; two builders do not clash.
 * @throws GroundError TOOLS_MISSING without Go, TOOLS_BUILD_FAILED when the compiler fails.
 */
export async function compileFamily(
  family: ToolFamily,
  dir: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<void> {
  const waiting = () => {
    progress(`${family.title} ${family.version}: another process is compiling it; waiting`);
  };
  await withLock(
    `${dir}.lock`,
    async () => {
      if (await hasAllTools(family, dir)) return;
      await compileInto(family, dir, env, progress);
    },
    waiting,
  );
}

async function compileInto(
  family: ToolFamily,
  dir: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<void> {
  const partial = `${dir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  progress(`${family.title} ${family.version}: compiling (once for this user; one to two minutes)`);
  await goInstall(family, partial, env, progress);
  await mkdir(dirname(dir), { recursive: true });
  await rm(dir, { recursive: true, force: true });
  await rename(partial, dir);
  progress(`${family.title} ${family.version}: compiled`);
}

function goInstall(
  family: ToolFamily,
  binDir: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<void> {
  const ldflags = [
    '-s',
    '-w',
    ...family.versionSymbols.map((symbol) => `-X ${symbol}=${family.version}`),
  ].join(' ');
  const child = spawn('nice', ['go', 'install', '-v', `-ldflags=${ldflags}`, 'tool'], {
    cwd: join(toolModulesDir, family.id),
    env: {
      ...env,
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
      GOBIN: binDir,
      GOWORK: 'off',
      CGO_ENABLED: family.cgo ? '1' : '0',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tail: string[] = [];
  let packages = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > keptErrorLines) tail.shift();
    packages += 1;
    if (packages % 100 === 0) progress(`${family.title} ${family.version}: ${packages} packages`);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(missingCompiler(family, error));
    });
    child.once('close', (status) => {
      if (status === 0) resolve();
      else reject(status === 127 ? missingCompiler(family, tail.join('\n')) : buildFailed(family, tail));
    });
  });
}

function missingCompiler(family: ToolFamily, cause: unknown): GroundError {
  return new GroundError(
    'TOOLS_MISSING',
    `${family.title} ${family.wanted} was not found, and it cannot be compiled: ${messageOf(cause)}`,
    {
      advice: `Install Go 1.26 or newer, or put the official programs (${family.tools.join(', ')}) into a folder and name it in TUTELA_BIN.`,
      cause,
    },
  );
}

function buildFailed(family: ToolFamily, tail: readonly string[]): GroundError {
  return new GroundError(
    'TOOLS_BUILD_FAILED',
    `Compiling ${family.title} ${family.version} failed:\n${tail.join('\n')}`,
    {
      advice:
        'Check the network and the free disk space, then run the same command again: it goes on where it stopped.',
    },
  );
}
