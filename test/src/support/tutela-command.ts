// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repositoryDir } from './repository.js';

const DEADLINE_MS = 300_000;

/** How the operators' command ended. */
export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command that operators run, on the consortium of a state folder. */
export function tutela(stateDir: string, ...args: readonly string[]): Promise<Ran> {
  const command = join(repositoryDir, 'network', 'bin', 'tutela.mjs');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [command, '--state', stateDir, ...args],
      { timeout: DEADLINE_MS },
      (error, stdout, stderr) => {
        resolve({ ok: error === null, stdout, stderr });
      },
    );
  });
}

/** As {@link tutela}; throws what the command complained of when it fails. */
export async function tutelaOrThrow(stateDir: string, ...args: readonly string[]): Promise<string> {
  const { ok, stderr, stdout } = await tutela(stateDir, ...args);
  if (!ok) throw new Error(`tutela ${args.join(' ')} failed: ${stderr}${stdout}`);
  return stdout;
}
