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

/** Above the limit of an address so many are tried there at once, under each name that is known there. */
const MAX_TRIED_OF_CLIENT = 4;
/** As {@link MAX_TRIED_OF_CLIENT}, under all names. */
const MAX_TRIED_AT_ADDRESS = 64;

/**
 * Failed authentications per minute, by address alone: whose name stands in what failed is not verified, so that it
 * shuts nobody out. Above the limit only names are tried under which an authentication from that address has succeeded.
 */
export class FailedAuthentications {
  readonly #limits: Limits;
  readonly #now: Clock;
  readonly #byAddress = new Map<string, Count>();
  readonly #knownUntilMs = new Map<string, number>();
  readonly #triedOfClient = new Places(MAX_TRIED_OF_CLIENT);
  readonly #triedAtAddress = new Places(MAX_TRIED_AT_ADDRESS);

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
    const attempt = () => this.#counted(address, client, authenticate, isFailure);
    if (this.#failed(address) < this.#limits.failedAuthenticationsPerMinute) return attempt();
    if ((this.#knownUntilMs.get(client) ?? 0) <= this.#now()) throw new HttpRefusal('busy');
    return this.#triedOfClient.hold(client, () => this.#triedAtAddress.hold(address, attempt));
  }

  async #counted<T>(
    address: string,
    client: string,
    authenticate: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
  ): Promise<T> {
    try {
      const result = await authenticate();
      // Now the name is verified.
      keep(this.#knownUntilMs, client, this.#now() + KNOWN_MS);
      return result;
    } catch (error) {
      if (isFailure(error)) this.#count(address);
      throw error;
    }
  }

  #failed(address: string): number {
    const count = this.#byAddress.get(address);
    return count !== undefined && count.untilMs > this.#now() ? count.failed : 0;
  }

  #count(address: string): void {
    const count = this.#byAddress.get(address);
    if (count !== undefined && count.untilMs > this.#now()) count.failed += 1;
    else keep(this.#byAddress, address, { failed: 1, untilMs: this.#now() + MINUTE_MS });
  }
}

/** A number of places for each key; `hold` throws `busy` where none is free. */
class Places {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  async hold<T>(key: string, act: () => Promise<T>): Promise<T> {
    const before = this.#taken.get(key) ?? 0;
    if (before >= this.#most) throw new HttpRefusal('busy');
    this.#taken.set(key, before + 1);
    try {
      return await act();
    } finally {
      const left = (this.#taken.get(key) ?? 1) - 1;
      if (left === 0) this.#taken.delete(key);
      else this.#taken.set(key, left);
    }
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
