// SPDX-License-Identifier: Apache-2.0
import type { Reader } from './ledger.js';
import { turns } from './turns.js';

/**
 * Does one costly piece of work, such as the verification of one signature, where a caller chooses how many pieces there
 * are: each waits for a turn of the caller's hospital, so that other hospitals' work goes on between two of them.
 */
export async function inTurn<T>({ caller }: Reader, work: () => T): Promise<T> {
  await turns.piece(caller.mspId);
  return work();
}

/** Does work that comes in pieces, each piece {@link inTurn}; returns what the work returns. */
export async function piecewise<T>(reader: Reader, pieces: Iterator<unknown, T>): Promise<T> {
  let piece = await inTurn(reader, () => pieces.next());
  while (piece.done !== true) piece = await inTurn(reader, () => pieces.next());
  return piece.value;
}
