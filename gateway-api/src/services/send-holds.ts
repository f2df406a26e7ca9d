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

/** Custodians of the set in force by whether they have acknowledged a hold. */
export type Acknowledged = Readonly<{ heldBy: readonly MspId[]; notHeldBy: readonly MspId[] }>;

const HOLD_TIMEOUT_MS = 10_000;
/** How long the others are waited for once several have acknowledged: custodians pass a hold on to each other anyway. */
const STRAGGLERS_MS = 2_000;

/**
 * Sends a hold that goes to the ledger besides to every custodian at once, and answers who has acknowledged it soon: of
 * those some may lie, so that these names say nothing of its effect, which the ledger gives it.
 */
export async function sendHolds(
  deps: HoldDeps,
  signed: SignedRevocation | SignedSuspension,
): Promise<readonly MspId[]> {
  return sendUntil(deps, signed, await severalOf(deps));
}

/**
 * Sends a hold that does not go to the ledger to every custodian at once, and answers who of the set in force has
 * acknowledged it and who has not. Of t − 1 who lie and those without it t can open, if any one is without it: so it is
 * certain only when all have acknowledged. Throws TOO_FEW_CUSTODIANS when fewer than t have, who may all lie; from t on an
 * honest one has it, sends it to the others and brings it to the ledger.
 */
export async function sendHoldsAlone(
  deps: HoldDeps,
  signed: SignedRevocation | SignedSuspension,
): Promise<Acknowledged> {
  const [named, { members, threshold }] = await Promise.all([
    sendUntil(deps, signed, Infinity),
    deps.custody.current(),
  ]);
  const all = members.map(({ mspId }) => mspId);
  const heldBy = all.filter((mspId) => named.includes(mspId));
  if (heldBy.length >= threshold) return { heldBy, notHeldBy: all.filter((mspId) => !named.includes(mspId)) };
  throw new DomainError('TOO_FEW_CUSTODIANS', 'too few custodians took the hold; send it again');
}

/** Sends to all, who are waited for until so many have acknowledged and for a little longer. */
async function sendUntil(
  deps: HoldDeps,
  signed: SignedRevocation | SignedSuspension,
  needed: number,
): Promise<readonly MspId[]> {
  const custodians = await deps.custody.custodians();
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
async function severalOf({ custody }: HoldDeps): Promise<number> {
  try {
    return blockingNumber(await custody.current());
  } catch {
    return Infinity;
  }
}
