// SPDX-License-Identifier: Apache-2.0
import type { Reader } from './ledger.js';

/**
 * Does one costly piece of work, such as the verification of one signature, where a caller chooses how many pieces there
 * are: each waits for a turn of its own, so that other hospitals' work goes on between two of them.
 */
export async function inTurn<T>({ turn }: Reader, work: () => T): Promise<T> {
  await turn();
  return work();
}

/** Does work that comes in pieces, each piece {@link inTurn}; returns what the work returns. */
export async function piecewise<T>(reader: Reader, pieces: Iterator<unknown, T>): Promise<T> {
  let piece = await inTurn(reader, () => pieces.next());
  while (piece.done !== true) piece = await inTurn(reader, () => pieces.next());
  return piece.value;
}

/** How many comparisons are made in one piece: about as much work as the proof of one capsule. */
export const COMPARED_AT_ONCE = 200_000;

/**
 * The pace of one transaction through very many small comparisons: it waits for a turn once for
 * {@link COMPARED_AT_ONCE} of them, and not for each, so that a long list is not held up by other hospitals' costly work.
 */
export class Pace {
  readonly #turn: Reader['turn'];
  #compared = 0;

  constructor({ turn }: Reader) {
    this.#turn = turn;
  }

  /** Resolves when so many comparisons may be made. */
  async before(comparisons: number): Promise<void> {
    this.#compared += comparisons;
    if (this.#compared <= COMPARED_AT_ONCE) return;
    this.#compared = comparisons;
    await this.#turn();
  }
}
