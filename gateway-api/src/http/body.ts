// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { DomainError } from '@tutela/chaincode/domain';
import { MAX_BUNDLE_BYTES, MAX_CONTENT_BYTES } from '../services/store-record.js';
import { HttpRefusal } from './refusal.js';

/** Milliseconds of a clock that never goes back. */
export type Clock = () => number;

/** How large a body may be, and how slowly it may arrive. */
export type Pace = Readonly<{
  maxBytes: number;
  /** Longest silence between two pieces, in milliseconds. */
  idleMs: number;
  /** Time that the sender may take in any case, in milliseconds, and the rate that earns more of it. */
  graceMs: number;
  minBytesPerSecond: number;
}>;

export const JSON_PACE: Pace = {
  maxBytes: 256 * 1024,
  idleMs: 5000,
  graceMs: 10_000,
  minBytesPerSecond: 16_384,
};
export const BUNDLE_PACE: Pace = { ...JSON_PACE, maxBytes: MAX_BUNDLE_BYTES, idleMs: 30_000 };
export const STREAM_PACE: Pace = { ...BUNDLE_PACE, maxBytes: MAX_CONTENT_BYTES };

/**
 * The pieces of a body as they arrive. Throws TOO_LARGE, or `too-slow` when the sender drips; time that the reader of
 * this iterable takes does not count. The request stays open, so that a refusal can be answered.
 * `declared` is the body's Content-Length, refused before a byte is read.
 */
export async function* paced(
  source: Readable,
  pace: Pace,
  now: Clock,
  declared: number | undefined,
): AsyncGenerator<Uint8Array> {
  if (declared !== undefined && declared > pace.maxBytes) throw tooLarge(pace.maxBytes);
  const pieces: AsyncIterator<Buffer> = source.iterator({ destroyOnReturn: false });
  let received = 0;
  let waitedMs = 0;
  for (;;) {
    const allowedMs = pace.graceMs + (received / pace.minBytesPerSecond) * 1000;
    const before = now();
    const piece = await beforeTimeout(pieces.next(), Math.min(pace.idleMs, allowedMs - waitedMs));
    waitedMs += now() - before;
    if (piece.done === true) return;
    received += piece.value.length;
    if (received > pace.maxBytes) throw tooLarge(pace.maxBytes);
    yield piece.value;
  }
}

/** A whole body as bytes, within the bounds of {@link paced}. */
export async function collect(
  source: Readable,
  pace: Pace,
  now: Clock,
  declared: number | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of paced(source, pace, now, declared)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function beforeTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      reject(new HttpRefusal('too-slow', 'send the body faster'));
    },
    Math.max(ms, 0),
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('TOO_LARGE', `the body must have at most ${maxBytes} bytes`);
}
