// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { Client, type Dispatcher } from 'undici';
import { isVaultError, VaultError, type VaultErrorCode } from './vault-error.js';

/** So many answers come to a call about a few blocks or pins, as a guard against a node that answers without end. */
const MAX_ANSWERS = 1_000;
const MAX_REFUSAL_CHARS = 500;
/** A socket needs no name; the request needs one. */
const ORIGIN = 'http://localhost';
/** What Kubo says of a block on its disk whose bytes have changed; it does not look for a good copy by itself. */
const CORRUPT_BLOCK = 'different hash than requested';

/** An answer of Kubo; every error is a VaultError, but for that of the signal. */
export async function answered<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultError(codeOf(cause), { cause });
  }
}

/** Parts of Kubo's messages for a pin or a block that does not exist; no other refusal means that. */
export const NOTHING_THERE = {
  pin: ['not pinned'],
  // The last two are of identifiers under which no block can lie.
  block: ['could not find', 'insecure hash functions not allowed', 'digest too'],
} as const;

/** The answer of a call, or another value where the node refuses with a message that contains one of some texts. */
export async function unlessSaid<T>(texts: readonly string[], answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (says(texts, error)) return otherwise;
    throw error;
  }
}

function says(texts: readonly string[], error: unknown): boolean {
  if (!isVaultError(error, 'VAULT_REFUSED') || !(error.cause instanceof Error)) return false;
  const { message } = error.cause;
  return texts.some((text) => message.includes(text));
}

/** The answers to a call about a few blocks or pins, as a list. */
export async function listed<T, R>(stream: AsyncIterable<T>, entryOf: (item: T) => R): Promise<readonly R[]> {
  const entries: R[] = [];
  for await (const item of stream) {
    if (entries.length >= MAX_ANSWERS) throw new VaultError('VAULT_REFUSED');
    entries.push(entryOf(item));
  }
  return entries;
}

/** A call to a Kubo node that kubo-rpc-client has no method for, or of which it does not read the end. */
export interface Posted {
  readonly socketPath: string;
  readonly path: string;
}

/**
 * Takes the lines of an answer as they come; returns the error that ended it early, or an empty text: Kubo sends that in a
 * trailer, which kubo-rpc-client does not read.
 */
export async function eachLine(
  posted: Posted,
  signal: AbortSignal,
  take: (line: string) => void,
): Promise<string> {
  let streamError = '';
  const ended = (error: string): void => {
    streamError = error;
  };
  for await (const line of answerLines(posted, signal, ended)) take(line);
  return streamError;
}

/** The lines of a list of any length, each as it is asked for; VAULT_REFUSED where the list ended early. */
export async function* listLines(posted: Posted, signal: AbortSignal): AsyncGenerator<string> {
  yield* answerLines(posted, signal, (streamError) => {
    if (streamError !== '') throw new VaultError('VAULT_REFUSED', { cause: new Error(streamError) });
  });
}

async function* answerLines(
  { socketPath, path }: Posted,
  signal: AbortSignal,
  ended: (streamError: string) => void,
): AsyncGenerator<string> {
  const client = new Client(ORIGIN, { connect: { socketPath }, bodyTimeout: 0 });
  try {
    const answer = await client.request({ method: 'POST', path, signal });
    if (answer.statusCode >= 300) throw refusal(await answer.body.text());
    const lines = createInterface({ input: answer.body, crlfDelay: Infinity });
    // What comes after the last line that is asked for.
    lines.on('error', () => undefined);
    for await (const line of lines) if (line.trim() !== '') yield line;
    signal.throwIfAborted();
    const streamError = answer.trailers['x-stream-error'];
    ended(typeof streamError === 'string' ? streamError : '');
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultError('VAULT_UNAVAILABLE', { cause });
  } finally {
    await client.destroy();
  }
}

/** The bytes of an answer, of which there are `most` at most; null where there are more, and no more than that are read. */
export async function bytesOf(
  connections: Dispatcher,
  path: string,
  { most, signal }: Readonly<{ most: number; signal: AbortSignal }>,
): Promise<Uint8Array | null> {
  try {
    const { statusCode, body } = await connections.request({ origin: ORIGIN, method: 'POST', path, signal });
    if (statusCode >= 300) throw refusal(await body.text());
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > most) return null;
      pieces.push(piece);
    }
    return Buffer.concat(pieces, length);
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultError('VAULT_UNAVAILABLE', { cause });
  }
}

function refusal(text: string): VaultError {
  const cause = new Error(text.slice(0, MAX_REFUSAL_CHARS));
  return new VaultError(codeOfRefusal(cause), { cause });
}

// kubo-rpc-client throws HTTPError (with `response`) for a refusal, and a TypeError of fetch when the node does not answer.
function codeOf(cause: unknown): VaultErrorCode {
  return cause instanceof Error && cause.name === 'HTTPError' ? codeOfRefusal(cause) : 'VAULT_UNAVAILABLE';
}

function codeOfRefusal({ message }: Error): VaultErrorCode {
  return message.includes(CORRUPT_BLOCK) ? 'PART_CORRUPT' : 'VAULT_REFUSED';
}
