// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../domain/errors.js';

/** How many transactions of one hospital are executed at a time. */
export const AT_A_TIME = 4;
/** How many more of one hospital may wait; one with much data counts as several. */
export const MAX_WAITING = 1_000;
/** Of how many bytes each more counts as a transaction more. */
const BYTES_EACH = 64 * 1024;

type Line = { running: number; weight: number; readonly waiting: (() => void)[] };

/**
 * The work of one process, which has one event loop for all hospitals: each has its transactions executed a few at a
 * time, and what costs much is done a piece in each round of the loop, hospitals in turns. Refusing and waiting write
 * nothing, so peers that do so at different moments never differ in what they write.
 */
class Turns {
  readonly #lines = new Map<string, Line>();
  readonly #pieces = new Map<string, (() => void)[]>();
  #isRoundDue = false;

  /** Executes a transaction of a hospital when its turn has come; throws RATE_LIMITED where too much waits already. */
  async take<T>(hospital: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const line = this.#lineOf(hospital);
    if (line.running >= AT_A_TIME) await wait(line, 1 + Math.floor(bytes / BYTES_EACH));
    else line.running += 1;
    try {
      await this.piece(hospital);
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next === undefined) line.running -= 1;
      else next();
    }
  }

  /** Resolves when a hospital may do a costly piece of work: everything that came meanwhile is heard first. */
  piece(hospital: string): Promise<void> {
    return new Promise((resolve) => {
      const pieces = this.#pieces.get(hospital);
      if (pieces === undefined) this.#pieces.set(hospital, [resolve]);
      else pieces.push(resolve);
      this.#plan();
    });
  }

  #lineOf(hospital: string): Line {
    const line = this.#lines.get(hospital) ?? { running: 0, weight: 0, waiting: [] };
    this.#lines.set(hospital, line);
    return line;
  }

  #plan(): void {
    if (this.#isRoundDue) return;
    this.#isRoundDue = true;
    setImmediate(() => {
      this.#isRoundDue = false;
      this.#round();
    });
  }

  /** One piece of the hospital whose turn it is, which is then the last one. */
  #round(): void {
    const [first] = this.#pieces;
    if (first === undefined) return;
    const [hospital, pieces] = first;
    const next = pieces.shift();
    this.#pieces.delete(hospital);
    if (pieces.length > 0) this.#pieces.set(hospital, pieces);
    next?.();
    if (this.#pieces.size > 0) this.#plan();
  }
}

async function wait(line: Line, weight: number): Promise<void> {
  if (line.weight + weight > MAX_WAITING)
    throw new DomainError('RATE_LIMITED', 'too many transactions of this hospital wait; try again later');
  line.weight += weight;
  await new Promise<void>((resolve) => line.waiting.push(resolve));
  line.weight -= weight;
}

/** The turns of this process. */
export const turns = new Turns();
