// SPDX-License-Identifier: Apache-2.0
import type { Instant } from './time.js';

/** How old a period of the ledger is when the next heartbeat begins another, in milliseconds. */
export const PERIOD_MS = 5 * 60_000;

/**
 * The period of the ledger that began last. Every transaction that writes reads it, so one that was endorsed in an
 * earlier period is invalid: whoever withholds an endorsed transaction can have it ordered for minutes, not for days.
 */
export type Period = Readonly<{ v: 1; at: Instant }>;
