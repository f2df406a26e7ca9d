// SPDX-License-Identifier: Apache-2.0
import { settledUntil } from '@tutela/chaincode/domain';
import type { ServiceDeps } from './service-deps.js';

/** Whether a registration that was ordered at an instant of the own clock is at the own peer by now, or never will be. */
export type IsSettled = (orderedAtMs: number | undefined) => boolean;

/**
 * Reads the period of the ledger that the own peer has reached; time without a new period settles nothing. A registration
 * that is settled, and that the own peer does not have when it is asked after this, is valid nowhere.
 */
export async function readSettled({ ledger }: Pick<ServiceDeps, 'ledger'>): Promise<IsSettled> {
  const { period } = await ledger.askOwnPeer('custody:ListHeartbeats', {});
  const untilMs = period === undefined ? -Infinity : Date.parse(settledUntil(period));
  return (orderedAtMs) => orderedAtMs === undefined || orderedAtMs < untilMs;
}
