// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../domain/errors.js';

/** How many transactions of one hospital are executed at a time. */
export const AT_A_TIME = 4;
/** How many more of one hospital may wait; one with much data counts as several. */
export const MAX_WAITING = 1_000;
/**
 * How long a transaction may wait and work. The peer has given it up by then (`executetimeout`, 20 s); and where the peer
 * ended, what was asked of it is never answered, so that only this gives the place back.
 */
const GIVEN_UP_MS = 30_000;
/** Of how many bytes each more counts as a transaction more. */
const BYTES_EACH = 64 * 1024;

/** One transaction as a peer hands it over: who signed the proposal, its id and its size. */
export type Asked = Readonly<{ hospital: string; txId: string; bytes: number }>;

/** The line of all proposals that are executed again, whoever signed them. No hospital has this name. */
const REPEATED = 'repeated proposals';
/** How many of those wait at most. */
const MAX_REPEATED = 100;
/** As many transaction ids of one hospital are remembered; peers take a proposal for ten minutes at most. */
export const MAX_KNOWN_IDS = 50_000;

type Line = { running: number; weight: number; readonly most: number; readonly waiting: (() => void)[] };

/**
 * The work of one process, which has one event loop for all hospitals: each has its transactions executed a few at a
 * time, and what costs much is done a piece in each round of the loop, lines in turns. Refusing and waiting write
 * nothing, so peers that do so at different moments never differ in what they write.
 */
export class Turns {
  readonly #givenUpMs: number;
  readonly #lines = new Map<string, Line>();
  readonly #pieces = new Map<string, (() => void)[]>();
  /** By hospital, the ids of transactions that came here, oldest first: no hospital drives out another's. */
  readonly #known = new Map<string, Set<string>>();
  #isRoundDue = false;

  constructor(givenUpMs = GIVEN_UP_MS) {
    this.#givenUpMs = givenUpMs;
  }

  /**
   * Executes a transaction of a hospital when its turn has come; throws RATE_LIMITED where too much waits already, or
   * when the peer has given the transaction up meanwhile. Whoever endorses a proposal can have every peer execute it
   * again; that takes no place and no piece of the hospital which signed it: the work waits with the `turn` that it is
   * given, in the line in which the transaction itself waited.
   */
  async take<T>(
    { hospital: signer, txId, bytes }: Asked,
    work: (turn: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const name = this.#isRepeated(signer, txId) ? REPEATED : signer;
    const line = this.#lineOf(name);
    const turn = (): Promise<void> => this.piece(name);
    const place = new Place(line);
    const timer = setTimeout(() => {
      place.giveUp();
    }, this.#givenUpMs);
    try {
      await place.reach(1 + Math.floor(bytes / BYTES_EACH));
      await turn();
      return await work(turn);
    } finally {
      clearTimeout(timer);
      place.leave();
    }
  }

  /** Resolves when a costly piece of work in a line may be done: everything that came meanwhile is heard first. */
  piece(name: string): Promise<void> {
    return new Promise((resolve) => {
      const pieces = this.#pieces.get(name);
      if (pieces === undefined) this.#pieces.set(name, [resolve]);
      else pieces.push(resolve);
      this.#plan();
    });
  }

  #isRepeated(signer: string, txId: string): boolean {
    const known = this.#known.get(signer) ?? new Set<string>();
    this.#known.set(signer, known);
    if (known.has(txId)) return true;
    known.add(txId);
    const [oldest] = known;
    if (known.size > MAX_KNOWN_IDS && oldest !== undefined) known.delete(oldest);
    return false;
  }

  #lineOf(name: string): Line {
    const most = name === REPEATED ? MAX_REPEATED : MAX_WAITING;
    const line = this.#lines.get(name) ?? { running: 0, weight: 0, most, waiting: [] };
    this.#lines.set(name, line);
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

  /** One piece of the line whose turn it is, which is then the last one. */
  #round(): void {
    const [first] = this.#pieces;
    if (first === undefined) return;
    const [name, pieces] = first;
    const next = pieces.shift();
    this.#pieces.delete(name);
    if (pieces.length > 0) this.#pieces.set(name, pieces);
    next?.();
    if (this.#pieces.size > 0) this.#plan();
  }
}

/** The place of one transaction among those of its hospital. */
class Place {
  readonly #line: Line;
  #isReached = false;
  #isGivenUp = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Waits until few enough others of the hospital are executed. */
  async reach(weight: number): Promise<void> {
    const line = this.#line;
    if (line.running < AT_A_TIME) line.running += 1;
    else await waitIn(line, weight);
    this.#isReached = true;
    if (this.#isGivenUp)
      throw new DomainError('RATE_LIMITED', 'the transaction waited too long for its turn; try again later');
  }

  /** Gives the place to the next one, whatever the transaction still waits for. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.leave();
  }

  /** Gives the place to the next one, once. */
  leave(): void {
    if (!this.#isReached) return;
    this.#isReached = false;
    const next = this.#line.waiting.shift();
    if (next === undefined) this.#line.running -= 1;
    else next();
  }
}

async function waitIn(line: Line, weight: number): Promise<void> {
  if (line.weight + weight > line.most)
    throw new DomainError('RATE_LIMITED', 'too many transactions of this hospital wait; try again later');
  line.weight += weight;
  await new Promise<void>((resolve) => line.waiting.push(resolve));
  line.weight -= weight;
}

/** The turns of this process. */
export const turns = new Turns();
