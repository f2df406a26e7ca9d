// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const COMMAND_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 16 * 1024;

const run = promisify(execFile);

/** Where the passphrase comes from: a file, wherever it lies, or what a command prints (a keyring, a token, an HSM). */
export type PassphraseSource = Readonly<{ file: string }> | Readonly<{ command: readonly string[] }>;

/** A command as a JSON list, so that no shell takes it apart. */
export const commandText = z
  .string()
  .max(4_096)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('must be a JSON list of texts');
      return z.NEVER;
    }
  })
  .pipe(z.array(z.string().min(1)).min(1).max(32));

/** The passphrase; throws one error that repeats nothing of what was read. */
export async function readPassphrase(source: PassphraseSource): Promise<string> {
  const passphrase = ('file' in source ? await readFile(source.file, 'utf8') : await printed(source)).trim();
  if (passphrase === '') throw new Error('[BAD_CONFIG] the passphrase is empty');
  return passphrase;
}

async function printed({ command }: Readonly<{ command: readonly string[] }>): Promise<string> {
  const [program = '', ...options] = command;
  try {
    const { stdout } = await run(program, options, {
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout;
  } catch {
    throw new Error('[BAD_CONFIG] the command for the passphrase failed');
  }
}
