// SPDX-License-Identifier: Apache-2.0
import { ipKeyGenerator } from 'express-rate-limit';
import { decodeJwt } from 'jose';
import type { Clock } from './body.js';
import { HttpRefusal } from './refusal.js';
import type { Limits } from './limits.js';

/** Where an authentication comes from, and which client it claims to be. */
export type Attempted = Readonly<{ address: string | undefined; client: string | undefined }>;

type Count = { failed: number; readonly untilMs: number };

const MINUTE_MS = 60_000;
const KNOWN_MS = 3_600_000;
const MAX_KEYS = 10_000;
const MAX_NAME_CHARS = 128;

/**
 * Failed authentications per minute, by address and claimed client, so that a client is not shut out by others behind
 * the same proxy. An address that fails under many names is limited as a whole, but for the clients that it is known for.
 */
export class FailedAuthentications {
  readonly #limits: Limits;
  readonly #now: Clock;
  readonly #byClient = new Map<string, Count>();
  readonly #byAddress = new Map<string, Count>();
  readonly #knownUntilMs = new Map<string, number>();

  constructor(limits: Limits, now: Clock) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Runs one authentication; throws `busy` without trying where too many failed, and counts what `isFailure` names. */
  async try<T>(
    attempted: Attempted,
    authenticate: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
  ): Promise<T> {
    const address = ipKeyGenerator(attempted.address ?? '::');
    const client = `${address} ${attempted.client ?? ''}`;
    this.#requireFew(address, client);
    try {
      const result = await authenticate();
      keep(this.#knownUntilMs, client, this.#now() + KNOWN_MS);
      return result;
    } catch (error) {
      if (isFailure(error)) {
        this.#count(this.#byClient, client);
        this.#count(this.#byAddress, address);
      }
      throw error;
    }
  }

  #requireFew(address: string, client: string): void {
    const { failedAuthenticationsPerMinute: ofClient, failedAuthenticationsOfAddressPerMinute: ofAddress } =
      this.#limits;
    if (this.#failed(this.#byClient, client) >= ofClient) throw new HttpRefusal('busy');
    const isKnown = (this.#knownUntilMs.get(client) ?? 0) > this.#now();
    if (!isKnown && this.#failed(this.#byAddress, address) >= ofAddress) throw new HttpRefusal('busy');
  }

  #failed(counts: ReadonlyMap<string, Count>, key: string): number {
    const count = counts.get(key);
    return count !== undefined && count.untilMs > this.#now() ? count.failed : 0;
  }

  #count(counts: Map<string, Count>, key: string): void {
    const count = counts.get(key);
    if (count !== undefined && count.untilMs > this.#now()) count.failed += 1;
    else keep(counts, key, { failed: 1, untilMs: this.#now() + MINUTE_MS });
  }
}

/** The client that a token or an assertion claims to be of; not verified. */
export function claimedClientOf(token: string | undefined): string | undefined {
  try {
    const subject: unknown = token === undefined ? undefined : decodeJwt(token).sub;
    return typeof subject === 'string' ? subject.slice(0, MAX_NAME_CHARS) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts an entry last, and drops the first where there are too many. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  const [oldest] = map.size >= MAX_KEYS ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
