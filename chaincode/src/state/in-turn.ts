// SPDX-License-Identifier: Apache-2.0
import type { Reader } from './ledger.js';
import { turns } from './turns.js';

/**
 * Verifies one signature, or what one person signed, where a caller chooses how many there are: each waits for a turn
 * of the caller's hospital, so that other hospitals' work goes on between two of them.
 */
export async function inTurn<T>({ caller }: Reader, verify: () => T): Promise<T> {
  await turns.piece(caller.mspId);
  return verify();
}
