// SPDX-License-Identifier: Apache-2.0
import { afterStart, nextCeremonyAt, type CeremonyPace } from '../../domain/ceremony-pace.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import type { Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** The pace of the caller's hospital with one more ceremony; throws RATE_LIMITED if it has to wait. */
export async function requirePace(ledger: Ledger): Promise<CeremonyPace> {
  const { mspId } = ledger.caller;
  const next = await waitsUntil(ledger, mspId);
  if (next !== undefined)
    throw new DomainError(
      'RATE_LIMITED',
      `this hospital has started enough ceremonies, or one ended on its account; it may start one, or end another’s early, from ${next} on`,
    );
  return startedPace(ledger, mspId);
}

/** From when on a hospital may start its next ceremony, if that is not now. */
export async function waitsUntil(ledger: Ledger, mspId: MspId): Promise<Instant | undefined> {
  const before = await read(ledger, keys.ceremonyPace(mspId));
  const next = before && nextCeremonyAt(before);
  return next !== undefined && ledger.now < next ? next : undefined;
}

/** The pace of a hospital with one more ceremony on its account. */
export async function startedPace(ledger: Ledger, mspId: MspId): Promise<CeremonyPace> {
  return afterStart(await read(ledger, keys.ceremonyPace(mspId)), mspId, ledger.now);
}
