// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { GroundError } from '../errors.js';

/** One run of a program to its end. */
export interface CommandRun {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but for PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** How long something is waited for; each question has its own limit where this has none. */
export type Patience = Partial<Pick<CommandRun, 'timeoutMs'>>;

/** How a program ended. */
export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The beginning and the end of its error output, for messages. */
  readonly complaint: string;
}

const maxOutputBytes = 16 * 1024 * 1024;
const keptOfBeginning = 500;
const keptOfEnd = 1_000;

/** Runs a program and tells how it ended; rejects only when it cannot be started at all. */
export function runCommand({ command, args, env, cwd, timeoutMs }: CommandRun): Promise<CommandResult> {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const options = { env: { ...inherited, ...env }, cwd, timeout: timeoutMs, maxBuffer: maxOutputBytes };
  return new Promise((resolve, reject) => {
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error !== null && error.code === 'ENOENT') {
        reject(new GroundError('TOOLS_MISSING', `The program ${command} is not there.`, { cause: error }));
        return;
      }
      const said = shortened(`${stderr}${stdout}`.trim());
      resolve({
        ok: error === null,
        stdout,
        complaint: error?.killed === true ? `no end after ${timeoutMs} ms; ${said}` : said,
      });
    });
  });
}

/** A peer's error output names its reason first, that of other programs last. */
function shortened(said: string): string {
  if (said.length <= keptOfBeginning + keptOfEnd) return said;
  return `${said.slice(0, keptOfBeginning)} … ${said.slice(-keptOfEnd)}`;
}

/** Runs a program that must succeed and returns what it printed. @throws GroundError COMMAND_FAILED. */
export async function runOrThrow(run: CommandRun): Promise<string> {
  const { ok, stdout, complaint } = await runCommand(run);
  if (ok) return stdout;
  throw new GroundError(
    'COMMAND_FAILED',
    `${basename(run.command)} ${run.args.slice(0, 3).join(' ')} failed: ${complaint}`,
  );
}
