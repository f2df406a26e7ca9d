// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type Part } from '@tutela/chaincode/domain';
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

/** Reads parts that are proven to be what the manifest says; a bad copy is healed from another hospital once. */
export class PartFetcher {
  readonly #deps: FetcherDeps;
  readonly #waiting = new Map<string, Prefetched>();
  /** One check of all blocks at a time, whoever needs it. */
  #healing: ReturnType<FetcherDeps['storage']['heal']> | undefined;

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
   * A part's verified bytes. Throws CONTENT_CORRUPT when bytes came that are not the part's and no hospital has good
   * ones, and STORAGE_UNAVAILABLE when none came: what was not fetched is not known to be bad.
   */
  async fetch(part: Part, signal?: AbortSignal): Promise<Uint8Array> {
    const prefetched = this.#waiting.get(part.cid);
    this.#waiting.delete(part.cid);
    const early = prefetched && (await this.#checked(() => prefetched.bytes, part));
    if (early instanceof Uint8Array) return early;
    const read = await this.#checked(() => this.#deps.storage.get(part.cid, part.size, signal), part);
    if (read instanceof Uint8Array) return read;
    return this.#healed(part, early === 'bad' || read === 'bad', signal);
  }

  async #healed(part: Part, wasBad: boolean, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#healing ??= this.#deps.storage.heal().finally(() => {
      this.#healing = undefined;
    });
    const { healed, lost } = await this.#healing;
    this.#deps.log.warn(
      { cid: part.cid, healed, lost },
      'a part did not verify; the own blocks were checked',
    );
    const patienceMs = lost > 0 ? PATIENCE_AFTER_LOSS_MS : undefined;
    const read = await this.#checked(
      () => this.#deps.storage.get(part.cid, part.size, signal, patienceMs),
      part,
    );
    if (read instanceof Uint8Array) return read;
    if (lost > 0 && (wasBad || read === 'bad'))
      throw new CorruptContent('no hospital has good bytes of this content');
    throw new DomainError('STORAGE_UNAVAILABLE', 'no hospital that has this content answers; retry soon');
  }

  /** The bytes if they are the part's, else whether bad ones came or none; other failures are thrown. */
  async #checked(read: () => Promise<Uint8Array>, part: Part): Promise<Uint8Array | 'bad' | 'absent'> {
    try {
      const bytes = await read();
      return bytes.length === part.size && toBase64Url(sha256(bytes)) === part.sha256 ? bytes : 'bad';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code === 'CONTENT_CORRUPT') return 'bad';
      if (error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
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
