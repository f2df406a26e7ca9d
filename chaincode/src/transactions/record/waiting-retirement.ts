// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { NamedRetirement, RetiredVersion, RetirementOrder } from '../../domain/retirement.js';
import { keys, type Key, type Mark } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { endDelay } from '../../state/sightings.js';
import { read, readExisting, remove, write } from '../../state/store.js';

/**
 * The order that is named, whose version still stands; throws NOT_FOUND or FORBIDDEN_TRANSITION, and CONFLICT where
 * another order took its place.
 */
export async function waitingRetirement(
  reader: Reader,
  { recordId, version, orderTxId }: NamedRetirement,
): Promise<RetirementOrder> {
  const order = await readExisting(reader, keys.retirement(recordId, version));
  if (order.txId !== orderTxId)
    throw new DomainError('CONFLICT', 'another order took the place of this one; look at it again');
  if (order.ended !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', `this retirement was ${order.ended.as} already`);
  return order;
}

/** Ends an order; nothing waits for its delay any more. */
export async function endRetirement(
  ledger: Ledger,
  order: RetirementOrder,
  ended: Omit<NonNullable<RetirementOrder['ended']>, 'at' | 'txId'>,
): Promise<RetirementOrder> {
  const { now: at, txId } = ledger;
  const after: RetirementOrder = { ...order, ended: { ...ended, at, txId } };
  await write(ledger, keys.retirement(order.recordId, order.version), after);
  await endDelay(ledger, order.txId);
  await remove(ledger, waitingKey(order));
  return after;
}

/** Says that an order waits, where its author's are counted. */
export function waitingKey({
  handle,
  by,
  recordId,
  version,
}: Pick<RetirementOrder, 'handle' | 'by' | 'recordId' | 'version'>): Key<Mark> {
  return keys.retirementWaiting(handle, by.mspId, `${recordId}.${version}`);
}

/** Cancels the order about a version that is gone by other means, if one waits. */
export async function endWaitingRetirement(
  ledger: Ledger,
  { recordId, version }: RetiredVersion,
): Promise<void> {
  const order = await read(ledger, keys.retirement(recordId, version));
  if (order !== undefined && order.ended === undefined)
    await endRetirement(ledger, order, { as: 'cancelled' });
}
