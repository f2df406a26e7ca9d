// SPDX-License-Identifier: Apache-2.0
import { PERIOD_MS, type Period } from '../domain/period.js';
import { later } from '../domain/time.js';
import { keys } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { read, write } from './store.js';

/** The present period, or undefined before the first heartbeat; a transaction that reads it is invalid in the next. */
export function readPeriod(reader: Reader): Promise<Period | undefined> {
  return read(reader, keys.period());
}

/** Begins the next period, if the present one is old enough or there is none. */
export async function advancePeriod(ledger: Ledger): Promise<void> {
  const present = await readPeriod(ledger);
  if (present !== undefined && ledger.now < later(present.at, PERIOD_MS)) return;
  await write(ledger, keys.period(), { v: 1, at: ledger.now });
}
