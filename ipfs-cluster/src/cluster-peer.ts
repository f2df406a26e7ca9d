// SPDX-License-Identifier: Apache-2.0
import { Pool } from 'undici';
import type { z } from 'zod';
import {
  pinAnswer,
  peerAnswer,
  statusAnswer,
  type PeerAnswer,
  type PinAnswer,
  type StatusAnswer,
} from './cluster-answers.js';
import type { RestCredentials } from './nodes/secrets.js';
import { VaultError } from './vault-error.js';

const CONNECTIONS = 16;
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;

interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly signal: AbortSignal;
}

/** How many hospitals hold a pin, and by peer id which of them when not all will do. */
export interface Placement {
  readonly min: number;
  readonly max: number;
  readonly preferred?: readonly string[];
}

/** The peers that have answered; `complete` when there is none whose answer is still to come. */
export interface PeersHeard {
  readonly peers: readonly PeerAnswer[];
  readonly complete: boolean;
}

/** This hospital's cluster peer over its REST interface; every call takes a signal, every error is a VaultError. */
export class ClusterPeerClient {
  readonly #pool: Pool;
  readonly #authorization: string;

  constructor(url: string, credentials: RestCredentials) {
    this.#pool = new Pool(new URL(url).origin, {
      connections: CONNECTIONS,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#authorization = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  }

  /** This hospital's own peer. */
  async own(signal: AbortSignal): Promise<PeerAnswer> {
    const text = await this.#ask({ method: 'GET', path: '/id', signal });
    const [own] = parsedLines(peerAnswer, text ?? '');
    if (own === undefined) throw new VaultError('VAULT_REFUSED');
    return own;
  }

  /** Pins without name or metadata, for every cluster peer can read those. */
  async pin(cid: string, { min, max, preferred = [] }: Placement, signal: AbortSignal): Promise<void> {
    const numbers = `replication-min=${String(min)}&replication-max=${String(max)}`;
    const query = preferred.length === 0 ? numbers : `${numbers}&user-allocations=${preferred.join(',')}`;
    await this.#ask({ method: 'POST', path: `/pins/${cid}?${query}`, signal });
  }

  /** Withdraws a pin from the shared state; false when there was none. */
  async unpin(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#ask({ method: 'DELETE', path: `/pins/${cid}`, signal })) !== null;
  }

  /** Has all peers in error try the pin again. */
  async recover(cid: string, signal: AbortSignal): Promise<void> {
    await this.#ask({ method: 'POST', path: `/pins/${cid}/recover`, signal });
  }

  /** The shared state's entry, or null. */
  async allocation(cid: string, signal: AbortSignal): Promise<PinAnswer | null> {
    const text = await this.#ask({ method: 'GET', path: `/allocations/${cid}`, signal });
    return text === null ? null : parsedLine(pinAnswer, text);
  }

  /** All entries of the shared state. */
  async allocations(signal: AbortSignal): Promise<readonly PinAnswer[]> {
    return this.#list({ method: 'GET', path: '/allocations', signal }, pinAnswer);
  }

  /** The state of the named pins at every hospital that was asked to hold them. */
  async statuses(cids: readonly string[], signal: AbortSignal): Promise<readonly StatusAnswer[]> {
    return this.#list({ method: 'GET', path: `/pins?cids=${cids.join(',')}`, signal }, statusAnswer);
  }

  /**
   * Asks every peer for itself and its Kubo node, and takes those that have answered when `patience` aborts.
   * The cluster passes each answer on as it comes, and waits 15 s for a peer that is frozen or out of reach.
   */
  async peers(patience: AbortSignal, signal: AbortSignal): Promise<PeersHeard> {
    const heard: Uint8Array[] = [];
    const either = AbortSignal.any([signal, patience]);
    const text = await this.#ask({ method: 'GET', path: '/peers', signal: either }, heard).catch(
      (error: unknown) => {
        if (signal.aborted || !patience.aborted) throw error;
        return null;
      },
    );
    const whole = text ?? textOf(heard).replace(/[^\n]*$/, '');
    return { peers: parsedLines(peerAnswer, whole), complete: text !== null };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #list<T>(ask: Ask, schema: z.ZodType<T>): Promise<readonly T[]> {
    return parsedLines(schema, (await this.#ask(ask)) ?? '');
  }

  // The text of the answer, or null for a 404; `heard` has what came before an error.
  async #ask(ask: Ask, heard: Uint8Array[] = []): Promise<string | null> {
    const statusCode = await this.#exchange(ask, heard);
    if (statusCode === 404) return null;
    const text = textOf(heard);
    if (statusCode >= 500)
      throw new VaultError('VAULT_UNAVAILABLE', { cause: new Error(text.slice(0, 500)) });
    if (statusCode >= 300) throw new VaultError('VAULT_REFUSED', { cause: new Error(text.slice(0, 500)) });
    return text;
  }

  async #exchange(ask: Ask, heard: Uint8Array[]): Promise<number> {
    const headers = { authorization: this.#authorization };
    try {
      const { statusCode, body } = await this.#pool.request({ ...ask, headers });
      let size = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) throw new VaultError('VAULT_REFUSED');
        heard.push(chunk);
      }
      return statusCode;
    } catch (cause) {
      if (ask.signal.aborted || cause instanceof VaultError) throw cause;
      throw new VaultError('VAULT_UNAVAILABLE', { cause });
    }
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

// Any hospital writes entries of the shared state: one that cannot be read is left out, and the others count.
function parsedLines<T>(schema: z.ZodType<T>, text: string): readonly T[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const readable = lines.flatMap((line) => readableLine(schema, line));
  if (readable.length === 0 && lines.length > 0) throw new VaultError('VAULT_REFUSED');
  return readable;
}

function readableLine<T>(schema: z.ZodType<T>, line: string): readonly T[] {
  try {
    return [schema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

function parsedLine<T>(schema: z.ZodType<T>, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new VaultError('VAULT_REFUSED', { cause });
  }
}
