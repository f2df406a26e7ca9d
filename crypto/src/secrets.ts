// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { promisify } from 'node:util';

const MAX_FILE_BYTES = 1024 * 1024;
const COMMAND_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 16 * 1024;
const MAX_COMMAND_CHARS = 4_096;
const MAX_COMMAND_WORDS = 32;
const ROOT = 0;
/** Whatever others may do, and whatever else than reading the group may do. */
const NEVER_GRANTED = 0o037;
const GROUP_READS = 0o040;

const run = promisify(execFile);

/** Where the passphrase comes from: a file, wherever it lies, or what a command prints (a keyring, a token, an HSM). */
export type PassphraseSource = Readonly<{ file: string }> | Readonly<{ command: readonly string[] }>;

/** A secret that cannot be had; the message repeats nothing of what was read. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** What the rule for files with secrets goes by. */
export type SecretPlace = Readonly<{ mode: number; uid: number; ownUid: number; isCredential: boolean }>;

/**
 * What is wrong with the rights of a file that holds a secret, if anything: it is this user's or root's, others have no
 * right to it, and the group may at most read it, and that only as a credential that systemd has laid down.
 */
export function secretFault({ mode, uid, ownUid, isCredential }: SecretPlace): string | undefined {
  if (uid !== ownUid && uid !== ROOT) return 'belongs to another user';
  const forbidden = isCredential ? NEVER_GRANTED : NEVER_GRANTED | GROUP_READS;
  if ((mode & forbidden) !== 0) return 'may be read by others: chmod 600 it';
  return undefined;
}

/** The text of a file that holds a secret; `credentialsFolder` is where systemd lays credentials down, if it does. Throws {@link SecretError} for one that is missing, empty or not kept. */
export async function readSecret(path: string, credentialsFolder: string | undefined): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const place = await file.stat();
      if (place.isDirectory()) throw new SecretError(`${path} is no file`);
      const { mode, uid, size } = place;
      const isCredential = credentialsFolder !== undefined && (await liesIn(credentialsFolder, path));
      const fault = secretFault({ mode, uid, ownUid: process.getuid?.() ?? uid, isCredential });
      if (fault !== undefined) throw new SecretError(`${path} ${fault}`);
      if (size > MAX_FILE_BYTES) throw new SecretError(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
      const content = await file.readFile('utf8');
      if (content.trim() === '') throw new SecretError(`${path} is empty`);
      return content;
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof SecretError) throw cause;
    throw new SecretError(`${path} cannot be read`, { cause });
  }
}

/** What a message calls the passphrase: where it comes from, and nothing of the command but its program. */
export function passphraseName(source: PassphraseSource): string {
  return 'file' in source
    ? `the passphrase in ${source.file}`
    : `the passphrase from the command ${source.command[0] ?? ''}`;
}

/** The passphrase, without the line end. Throws {@link SecretError}. */
export async function readPassphrase(
  source: PassphraseSource,
  credentialsFolder: string | undefined,
): Promise<string> {
  return (
    'file' in source ? await readSecret(source.file, credentialsFolder) : await printedBy(source.command)
  ).trim();
}

/** A command as a JSON list of texts, so that no shell takes it apart; undefined for anything else. */
export function parseCommand(text: string): readonly string[] | undefined {
  if (text.length > MAX_COMMAND_CHARS) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    const isCommand = Array.isArray(words) && words.length > 0 && words.length <= MAX_COMMAND_WORDS;
    return isCommand && words.every(isWord) ? words : undefined;
  } catch {
    return undefined;
  }
}

function isWord(word: unknown): word is string {
  return typeof word === 'string' && word !== '';
}

async function liesIn(folder: string, path: string): Promise<boolean> {
  const [within, file] = await Promise.all([realpath(folder), realpath(path)]);
  return file.startsWith(`${within}${sep}`);
}

async function printedBy([program = '', ...options]: readonly string[]): Promise<string> {
  const printed = await run(program, options, { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES })
    .then(({ stdout }) => stdout)
    // What it said when it failed may be the secret.
    .catch(() => '');
  if (printed.trim() === '')
    throw new SecretError('the command for the passphrase failed or printed nothing');
  return printed;
}
