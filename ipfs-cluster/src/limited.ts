// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { CallLimits, KeepLimits } from './vault.js';
import { isVaultError, VaultError, type VaultErrorCode } from './vault-error.js';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
const REPEATED = ['VAULT_UNAVAILABLE', 'PART_INCOMPLETE', 'VAULT_TIMEOUT'] as const;

/** A call with all of its limits resolved. */
export interface Limited {
  readonly clock: Clock;
  readonly limits: CallLimits;
  readonly defaultDeadlineMs: number;
  /** The code when the deadline passes. */
  readonly late: VaultErrorCode;
}

/** Runs `call` under its deadline and the caller's signal; ends with ABORTED or the `late` code when they end it. */
export async function limited<T>(how: Limited, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = how.clock.timeout(how.limits.deadlineMs ?? how.defaultDeadlineMs);
  const signal = how.limits.signal === undefined ? deadline : AbortSignal.any([how.limits.signal, deadline]);
  try {
    signal.throwIfAborted();
    return await call(signal);
  } catch (cause) {
    if (how.limits.signal?.aborted === true) throw new VaultError('ABORTED', { cause });
    if (deadline.aborted) throw new VaultError(how.late, { cause });
    throw cause;
  }
}

/**
 * The items of a stream that ends with its signal, each under the limits of a call of its own: a stream is late when one
 * item is, and of any length.
 */
export async function* limitedEach<T>(
  how: Limited,
  begin: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const ended = new AbortController();
  const items = begin(ended.signal)[Symbol.asyncIterator]();
  const abort = (): void => {
    ended.abort();
  };
  // Nothing that lasts refers to an item: so no signal is raced against it.
  const nextWithin = async (signal: AbortSignal): Promise<IteratorResult<T>> => {
    signal.addEventListener('abort', abort);
    try {
      return await items.next();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
  try {
    for (;;) {
      const next = await limited(how, nextWithin);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    abort();
    // Its own end has no say any more.
    await Promise.allSettled([items.return?.()]);
  }
}

/** PART_REFUSED where blocks may not be kept. */
export function requireAccepted(accepts: KeepLimits['accepts'], blocks: readonly string[]): void {
  if (!accepts(blocks)) throw new VaultError('PART_REFUSED');
}

/** Rejects when the signal aborts. */
export async function abortOf(signal: AbortSignal): Promise<never> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return aborted.promise;
}

/**
 * Repeats an idempotent call with growing pauses while the node does not answer, or not within the deadline of one try,
 * at most `attempts` times.
 */
export async function persistent<T>(
  clock: Clock,
  signal: AbortSignal,
  attempts: number,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !isVaultError(error, ...REPEATED)) throw error;
      await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), MAX_PAUSE_MS), signal);
    }
  }
}

/** Waits for work that does not have to succeed now. */
export async function unlessFailed(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isVaultError(error)) throw error;
  });
}
