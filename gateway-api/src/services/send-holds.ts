// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  blockingNumber,
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
/** How long the others are waited for once enough have the hold: custodians pass it on to each other anyway. */
const STRAGGLERS_MS = 2_000;

/** Sends a hold to every custodian at once and answers who has it in effect. */
export async function sendHolds(
  deps: HoldDeps,
  signed: SignedRevocation | SignedSuspension,
): Promise<readonly MspId[]> {
  const [custodians, needed] = await Promise.all([deps.custody.custodians(), enoughOf(deps)]);
  const heldBy: MspId[] = [];
  const enough = Promise.withResolvers<undefined>();
  const signal = AbortSignal.timeout(HOLD_TIMEOUT_MS);
  const sends = custodians.map(async (custodian) => {
    if (!(await isHeldBy(deps, custodian, signed, signal))) return;
    heldBy.push(custodian.mspId);
    if (heldBy.length >= needed) enough.resolve(sleepFor(STRAGGLERS_MS, undefined, { ref: false }));
  });
  await Promise.race([Promise.all(sends), enough.promise]);
  return [...heldBy];
}

async function isHeldBy(
  { custodians, log }: HoldDeps,
  custodian: Custodian,
  signed: SignedRevocation | SignedSuspension,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await custodians.hold(custodian, signed, signal);
    return true;
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    log.warn({ custodian: custodian.mspId, code }, 'a custodian did not take a hold');
    return false;
  }
}

/** Where the set in force is not known, all custodians are waited for. */
async function enoughOf({ custody }: HoldDeps): Promise<number> {
  try {
    return blockingNumber(await custody.current());
  } catch {
    return Infinity;
  }
}
