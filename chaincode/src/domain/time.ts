// SPDX-License-Identifier: Apache-2.0
import type { Branded } from './brand.js';
import type { Decoder } from './decode.js';
import { text } from './decode.js';
import { DomainError } from './errors.js';

/** RFC 3339 time in UTC with milliseconds, `2026-01-31T08:00:00.000Z`; such strings sort by time. */
export type Instant = Branded<'Instant'>;

/** A calendar month, `2026-01`; how finely a manifest tells when something happened. */
export type Month = Branded<'Month'>;

const INSTANT = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const instantText = text(24, INSTANT);
const monthText = text(7, /^\d{4}-(0[1-9]|1[0-2])$/);

export const instant: Decoder<Instant> = (value, path) => {
  const decoded = instantText(value, path);
  if (new Date(decoded).toISOString() !== decoded)
    throw new DomainError('BAD_REQUEST', `${path} is no calendar date`);
  return decoded as Instant;
};

export const month: Decoder<Month> = (value, path) => monthText(value, path) as Month;

/** The instant at `ms` milliseconds after the Unix epoch. */
export function instantOf(ms: number): Instant {
  return new Date(ms).toISOString() as Instant;
}

/** Milliseconds from the Unix epoch to the instant. */
export function msOf(at: Instant): number {
  return Date.parse(at);
}

/** The instant `ms` milliseconds after `at`. */
export function later(at: Instant, ms: number): Instant {
  return instantOf(msOf(at) + ms);
}

/** Whether `from ≤ at < until`; a missing bound is open. */
export function within(at: Instant, from: Instant | undefined, until: Instant | undefined): boolean {
  return (from === undefined || from <= at) && (until === undefined || at < until);
}

/** The month of an instant. */
export function monthOf(at: Instant): Month {
  return at.slice(0, 7) as Month;
}
