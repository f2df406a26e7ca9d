// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  type Custodian,
  type MspId,
  type SignedRevocation,
  type SignedSuspension,
} from '@tutela/chaincode/domain';
import type { CustodyDirectory } from './custody-directory.js';
import type { ServiceDeps } from './service-deps.js';

/** What sending a hold needs. */
export type HoldDeps = Pick<ServiceDeps, 'custodians' | 'log'> & Readonly<{ custody: CustodyDirectory }>;

const HOLD_TIMEOUT_MS = 10_000;

/** Sends a hold to every custodian at once and answers who has it in effect. */
export async function sendHolds(
  { custodians, custody, log }: HoldDeps,
  signed: SignedRevocation | SignedSuspension,
): Promise<readonly MspId[]> {
  const signal = AbortSignal.timeout(HOLD_TIMEOUT_MS);
  const send = async (custodian: Custodian): Promise<readonly MspId[]> => {
    try {
      await custodians.hold(custodian, signed, signal);
      return [custodian.mspId];
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      log.warn({ custodian: custodian.mspId, code }, 'a custodian did not take a hold');
      return [];
    }
  };
  return (await Promise.all((await custody.custodians()).map(send))).flat();
}
