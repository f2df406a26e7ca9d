// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type ErrorCode, type Part } from '@tutela/chaincode/domain';
import { CorruptContent } from './corrupt-content.js';
import { sha256 } from './hashing.js';
import type { ServiceDeps } from './service-deps.js';

type FetcherDeps = Pick<ServiceDeps, 'storage' | 'nowMs' | 'log'>;
type Prefetched = Readonly<{ bytes: Promise<Uint8Array>; size: number; untilMs: number }>;

/** Ciphertext that may wait for its key at once, in bytes; a part that does not fit is fetched when it is needed. */
const MAX_PREFETCHED_BYTES = 8 * 1024 * 1024;
const PREFETCH_LIFETIME_MS = 30_000;
/** How long a part is waited for after others were asked for the lost blocks already. */
const PATIENCE_AFTER_LOSS_MS = 3_000;

/** What the storage says of bytes that it has not, or not whole and good. */
const UNREAD: ReadonlySet<ErrorCode> = new Set(['CONTENT_CORRUPT', 'NOT_FOUND']);

/** Reads parts that are proven to be what the manifest says; a bad copy is healed from another hospital once. */
export class PartFetcher {
  readonly #deps: FetcherDeps;
  readonly #waiting = new Map<string, Prefetched>();

  constructor(deps: FetcherDeps) {
    this.#deps = deps;
  }

  /** Begins to fetch parts for which a key is on its way. */
  prefetch(parts: readonly Part[]): void {
    this.#dropOld();
    for (const part of parts) {
      if (this.#waiting.has(part.cid) || !this.#hasRoomFor(part)) continue;
      const bytes = this.#deps.storage.get(part.cid, part.size);
      // A failure shows when the part is needed and fetched again.
      bytes.catch(() => undefined);
      this.#waiting.set(part.cid, {
        bytes,
        size: part.size,
        untilMs: this.#deps.nowMs() + PREFETCH_LIFETIME_MS,
      });
    }
  }

  /** As {@link fetch}, and the bytes wait for the fetch that follows, as far as there is room. */
  async peek(part: Part, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.fetch(part, signal);
    this.#dropOld();
    if (!this.#hasRoomFor(part)) return bytes;
    const untilMs = this.#deps.nowMs() + PREFETCH_LIFETIME_MS;
    this.#waiting.set(part.cid, { bytes: Promise.resolve(bytes), size: part.size, untilMs });
    return bytes;
  }

  /**
   * A part's verified bytes. Throws CONTENT_CORRUPT when the bytes that the CID names are not those that the manifest
   * names, or when the part's own blocks are not what their CIDs say and no hospital has good ones; and
   * STORAGE_UNAVAILABLE otherwise: what was not fetched and hashed is not known to be bad.
   */
  async fetch(part: Part, signal?: AbortSignal): Promise<Uint8Array> {
    const prefetched = this.#waiting.get(part.cid);
    this.#waiting.delete(part.cid);
    // Whatever came early and is not the part decides nothing: it is fetched again.
    const early = await prefetched?.bytes.catch(() => undefined);
    if (early !== undefined && isPart(early, part)) return early;
    const read = await this.#read(part, signal);
    return read ?? (await this.#healed(part, signal));
  }

  async #healed(part: Part, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { healed, lost } = await this.#deps.storage.heal(part.cid);
    this.#deps.log.warn({ cid: part.cid, healed, lost }, 'a part could not be read; its blocks were checked');
    const read = await this.#read(part, signal, lost > 0 ? PATIENCE_AFTER_LOSS_MS : undefined);
    if (read !== undefined) return read;
    if (lost > 0) throw new CorruptContent('no hospital has good bytes of this content');
    throw new DomainError('STORAGE_UNAVAILABLE', 'no hospital that has this content answers; retry soon');
  }

  /** The bytes that the part's CID names, or undefined where none or not all came; other failures are thrown. */
  async #read(part: Part, signal?: AbortSignal, patienceMs?: number): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#deps.storage.get(part.cid, part.size, signal, patienceMs);
      if (isPart(bytes, part)) return bytes;
    } catch (error) {
      if (error instanceof DomainError && UNREAD.has(error.code)) return undefined;
      throw error;
    }
    // The storage has verified them by their CID: no copy of any hospital is another.
    throw new CorruptContent('the content is not what its manifest says');
  }

  #hasRoomFor({ size: more }: Part): boolean {
    const waiting = [...this.#waiting.values()].reduce((total, { size }) => total + size, 0);
    return waiting + more <= MAX_PREFETCHED_BYTES;
  }

  #dropOld(): void {
    const now = this.#deps.nowMs();
    for (const [cid, { untilMs }] of this.#waiting) if (untilMs <= now) this.#waiting.delete(cid);
  }
}

function isPart(bytes: Uint8Array, { size, sha256: expected }: Part): boolean {
  return bytes.length === size && toBase64Url(sha256(bytes)) === expected;
}
