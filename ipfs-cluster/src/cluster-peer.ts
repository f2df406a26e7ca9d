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

  /** Pins without name or metadata, for every cluster peer can read those. */
  async pin(
    cid: string,
    replication: { readonly min: number; readonly max: number },
    signal: AbortSignal,
  ): Promise<void> {
    const query = `replication-min=${String(replication.min)}&replication-max=${String(replication.max)}`;
    await this.#ask({ method: 'POST', path: `/pins/${cid}?${query}`, signal });
  }

  /** Withdraws a pin; false when there was none. */
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

  /** All cluster peers as this one sees them. */
  async peers(signal: AbortSignal): Promise<readonly PeerAnswer[]> {
    return this.#list({ method: 'GET', path: '/peers', signal }, peerAnswer);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #list<T>(ask: Ask, schema: z.ZodType<T>): Promise<readonly T[]> {
    const lines = ((await this.#ask(ask)) ?? '').split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => parsedLine(schema, line));
  }

  // The text of the answer, or null for a 404.
  async #ask({ method, path, signal }: Ask): Promise<string | null> {
    const headers = { authorization: this.#authorization };
    const { statusCode, text } = await this.#exchange({ method, path, signal, headers });
    if (statusCode === 404) return null;
    if (statusCode >= 500)
      throw new VaultError('VAULT_UNAVAILABLE', { cause: new Error(text.slice(0, 500)) });
    if (statusCode >= 300) throw new VaultError('VAULT_REFUSED', { cause: new Error(text.slice(0, 500)) });
    return text;
  }

  async #exchange(options: Ask & { readonly headers: Record<string, string> }) {
    try {
      const { statusCode, body } = await this.#pool.request(options);
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) throw new VaultError('VAULT_REFUSED');
        chunks.push(chunk);
      }
      return { statusCode, text: Buffer.concat(chunks).toString('utf8') };
    } catch (cause) {
      if (options.signal.aborted || cause instanceof VaultError) throw cause;
      throw new VaultError('VAULT_UNAVAILABLE', { cause });
    }
  }
}

function parsedLine<T>(schema: z.ZodType<T>, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new VaultError('VAULT_REFUSED', { cause });
  }
}
