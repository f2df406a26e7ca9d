// SPDX-License-Identifier: Apache-2.0
import { msOf, type CustodianSet } from '@tutela/chaincode/domain';

/** Between two custodians' turns to start a refresh that is due, in milliseconds. */
const TURN_MS = 6 * 3_600_000;

/**
 * Whether this custodian should start a refresh: the active epoch has lived its time, and the custodians before this
 * one, which have their turn first, have not started any.
 */
export function isRefreshDue(
  active: CustodianSet | undefined,
  { mspId, now, refreshMs }: Readonly<{ mspId: string; now: number; refreshMs: number }>,
): boolean {
  const position = active?.members.findIndex((member) => member.mspId === mspId) ?? -1;
  if (active === undefined || position < 0) return false;
  return now >= msOf(active.activatedAt) + refreshMs + position * TURN_MS;
}
