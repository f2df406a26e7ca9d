// SPDX-License-Identifier: Apache-2.0
import { Pool } from 'undici';
import type { z } from 'zod';
import { pinAnswer, peerAnswer, type PeerAnswer } from './cluster-answers.js';
import { abortOf } from './limited.js';
import type { RestCredentials } from './nodes/secrets.js';
import { isVaultError, VaultError } from './vault-error.js';

const CONNECTIONS = 16;
/** How long the peer may take for an entry, whatever time its caller has. */
const ENTRY_MS = 10 * 60_000;
/** What another hospital's peer says of itself is as long as it likes: a longer line than this is left out of a list. */
const MAX_LINE_BYTES = 64 * 1024;
const MAX_REFUSAL_CHARS = 500;
const LINE_END = 0x0a;

interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly signal: AbortSignal;
}

/** An entry of the own pinset. */
export interface PinsetEntry {
  readonly cid: string;
  readonly isFormer: boolean;
}

/** This hospital's cluster peer over its REST interface; every call takes a signal, every error is a VaultError. */
export class ClusterPeerClient {
  readonly #pool: Pool;
  readonly #authorization: string;
  /** The entries that are being made, by identifier. */
  readonly #entering = new Map<string, Promise<void>>();

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
    const [own] = await this.#list({ method: 'GET', path: '/id', signal }, peerAnswer);
    if (own === undefined) throw new VaultError('VAULT_REFUSED');
    return own;
  }

  /**
   * Enters a part in the own pinset, without name or metadata, since every cluster peer can read these. The peer has the node pin
   * the first block alone. The signal ends the waiting alone: the peer may still make an entry whose answer is not waited
   * for, so the call goes on, and the next one for the same part waits for it.
   */
  async pin(cid: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await Promise.race([this.#entering.get(cid) ?? this.#beginEntry(cid), abortOf(signal)]);
  }

  /** Whether the entry of a part is being made. */
  isEntering(cid: string): boolean {
    return this.#entering.has(cid);
  }

  /** Waits until no entry of a part is being made. */
  async entryEnded(cid: string, signal: AbortSignal): Promise<void> {
    for (let entry = this.#entering.get(cid); entry !== undefined; entry = this.#entering.get(cid))
      await Promise.race([Promise.allSettled([entry]), abortOf(signal)]);
  }

  /** Whether the own pinset names a part, or may soon. */
  async hasEntry(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#allocations(cid, signal)).length > 0 || this.isEntering(cid);
  }

  /** Enters a part anew if its entry is one of a former version: what has no entry any more gets none. */
  async enterAnew(cid: string, signal: AbortSignal): Promise<void> {
    if (await this.#isFormer(cid, signal)) await this.pin(cid, signal);
  }

  /** Takes an entry out of the own pinset; what is not in it is no error. */
  async unpin(cid: string, signal: AbortSignal): Promise<void> {
    await this.#ask({ method: 'DELETE', path: `/pins/${cid}`, signal });
  }

  /** What the own pinset names; an entry of a former version is for all blocks of a part. */
  async entries(signal: AbortSignal): Promise<readonly PinsetEntry[]> {
    const entries = await this.#list({ method: 'GET', path: '/allocations', signal }, pinAnswer);
    return entries.map(({ cid, mode }) => ({ cid, isFormer: mode !== 'direct' }));
  }

  /**
   * Asks every peer for itself and its Kubo node, and takes those that have answered when `patience` aborts.
   * The cluster passes each answer on as it comes, and waits 15 s for a peer that is frozen or out of reach.
   */
  async peers(patience: AbortSignal, signal: AbortSignal): Promise<readonly PeerAnswer[]> {
    const lines = new AnswerLines(peerAnswer);
    const either = AbortSignal.any([signal, patience]);
    const isComplete = await this.#ask({ method: 'GET', path: '/peers', signal: either }, lines).then(
      () => true,
      (error: unknown) => {
        if (signal.aborted || !patience.aborted) throw error;
        return false;
      },
    );
    return lines.entries(isComplete);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #beginEntry(cid: string): Promise<void> {
    const signal = AbortSignal.timeout(ENTRY_MS);
    const entry = this.#enter(cid, signal)
      .catch((cause: unknown) => {
        throw isVaultError(cause) ? cause : new VaultError('VAULT_TIMEOUT', { cause });
      })
      .finally(() => this.#entering.delete(cid));
    this.#entering.set(cid, entry);
    return entry;
  }

  async #enter(cid: string, signal: AbortSignal): Promise<void> {
    const enter = () => this.#ask({ method: 'POST', path: `/pins/ipfs/${cid}?mode=direct`, signal });
    try {
      await enter();
    } catch (error) {
      if (signal.aborted || !(await this.#isFormer(cid, signal))) throw error;
      // An entry for all blocks, as versions before 2026-12 made them, cannot be changed.
      await this.unpin(cid, signal);
      await enter();
    }
  }

  async #isFormer(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#allocations(cid, signal)).some(({ mode }) => mode !== 'direct');
  }

  #allocations(cid: string, signal: AbortSignal): Promise<readonly z.infer<typeof pinAnswer>[]> {
    return this.#list({ method: 'GET', path: `/allocations/${cid}`, signal }, pinAnswer);
  }

  async #list<T>(ask: Ask, schema: z.ZodType<T>): Promise<readonly T[]> {
    const lines = new AnswerLines(schema);
    await this.#ask(ask, lines);
    return lines.entries(true);
  }

  // Null for a 404, and `lines` gets the answer as it comes.
  async #ask(ask: Ask, lines?: Sink): Promise<'answered' | null> {
    const headers = { authorization: this.#authorization };
    try {
      const { statusCode, body } = await this.#pool.request({ ...ask, headers });
      const refusal = statusCode >= 300 ? new Beginning() : undefined;
      const sink = refusal ?? lines;
      for await (const chunk of body as AsyncIterable<Uint8Array>) sink?.take(chunk);
      if (statusCode === 404) return null;
      if (refusal === undefined) return 'answered';
      throw new VaultError(statusCode >= 500 ? 'VAULT_UNAVAILABLE' : 'VAULT_REFUSED', {
        cause: new Error(refusal.text()),
      });
    } catch (cause) {
      if (ask.signal.aborted || cause instanceof VaultError) throw cause;
      throw new VaultError('VAULT_UNAVAILABLE', { cause });
    }
  }
}

/** Takes an answer piece by piece. */
interface Sink {
  take(chunk: Uint8Array): void;
}

/** The first words of a refusal. */
class Beginning implements Sink {
  #text = '';

  take(chunk: Uint8Array): void {
    if (this.#text.length < MAX_REFUSAL_CHARS) this.#text += Buffer.from(chunk).toString('utf8');
  }

  text(): string {
    return this.#text.slice(0, MAX_REFUSAL_CHARS);
  }
}

/** Reads one entry a line as they come; what is too long or cannot be read is left out, and the others count. */
class AnswerLines<T> implements Sink {
  readonly #schema: z.ZodType<T>;
  readonly #entries: T[] = [];
  #begun: Uint8Array[] = [];
  #size = 0;
  #unreadable = 0;

  constructor(schema: z.ZodType<T>) {
    this.#schema = schema;
  }

  take(chunk: Uint8Array): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
      this.#add(chunk.subarray(from, end));
      this.#endLine();
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
  }

  /** What was read; the last line of a complete answer needs no end. */
  entries(isComplete: boolean): readonly T[] {
    if (isComplete) this.#endLine();
    if (this.#entries.length === 0 && this.#unreadable > 0) throw new VaultError('VAULT_REFUSED');
    return this.#entries;
  }

  #add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size > MAX_LINE_BYTES) this.#begun = [];
    else this.#begun.push(piece);
  }

  #endLine(): void {
    const text = Buffer.concat(this.#begun).toString('utf8');
    const isTooLong = this.#size > MAX_LINE_BYTES;
    this.#begun = [];
    this.#size = 0;
    if (isTooLong) this.#unreadable += 1;
    else if (text.trim() !== '') this.#read(text);
  }

  #read(line: string): void {
    try {
      this.#entries.push(this.#schema.parse(JSON.parse(line)));
    } catch {
      this.#unreadable += 1;
    }
  }
}
