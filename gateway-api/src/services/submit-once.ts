// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, DomainError, type TxId } from '@tutela/chaincode/domain';
import type { Committed } from '../ledger/ledger.js';

/** What a transaction left on the ledger, as far as it tells that a repetition is the same. */
export type Standing<T> = Readonly<{ result: T; txId: TxId; same: boolean }>;

/**
 * Submits something whose id its author chose. When the ledger has that id already, what stands there answers if it
 * is the same; otherwise the id is taken, and ALREADY_EXISTS stays the answer.
 */
export async function submitOnce<T>(
  submit: () => Promise<Committed<T>>,
  find: () => Promise<Standing<T>>,
): Promise<Committed<T>> {
  try {
    return await submit();
  } catch (error) {
    if (!(error instanceof DomainError) || !REPEATED.includes(error.code)) throw error;
    const standing = await found(find);
    if (standing?.same !== true) throw error;
    return { txId: standing.txId, result: standing.result };
  }
}

/** Codes with which the ledger says that this very act was done before. */
const REPEATED: readonly DomainError['code'][] = ['ALREADY_EXISTS', 'STATEMENT_REPLAYED', 'CONFLICT'];

/** Whether two values are the same in canonical JSON. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

async function found<T>(find: () => Promise<Standing<T>>): Promise<Standing<T> | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
