// SPDX-License-Identifier: Apache-2.0
import { settledUntil } from '@tutela/chaincode/domain';
import type { ServiceDeps } from './service-deps.js';

/** Whether what was ordered at an instant of the own clock, if it was, stands at the own peer by now or never will. */
export type IsSettled = (orderedAtMs: number | undefined) => boolean;

/**
 * Reads the period that the own peer has reached; no time that passes without one settles anything. What is settled by
 * it and is not found at the own peer after this was asked is valid nowhere.
 */
export async function readSettled({ ledger }: Pick<ServiceDeps, 'ledger'>): Promise<IsSettled> {
  const { period } = await ledger.askOwnPeer('custody:ListHeartbeats', {});
  const untilMs = period === undefined ? -Infinity : Date.parse(settledUntil(period));
  return (orderedAtMs) => orderedAtMs === undefined || orderedAtMs < untilMs;
}
