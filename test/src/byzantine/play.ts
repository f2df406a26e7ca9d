// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { seeded, type Random } from '@tutela/chaincode/testing';
import { AttackedConsortium } from './attacked-consortium.js';
import { Invariants } from './invariants.js';
import { drawMove } from './moves.js';

const MOVES_PER_ROUND = 200;
const MOVES_BETWEEN = 15;
const MOVE_MS = 400;

const SEVEN = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Hazel'];

/** A run: how many hospitals there are, how many of them are hostile, and what their moves follow from. */
export type Plan = Readonly<{ hospitals: number; hostile: number; moves: number; seed: number }>;

/** What was played; the same seed gives the same trace, a SHA-256 of every move in its order. */
export type Played = Readonly<{ moves: number; trace: string }>;

/** Plays the moves of hostile hospitals; throws when a promise is broken. */
export async function play(plan: Plan): Promise<Played> {
  const draws = new Draws(plan.seed);
  const hospitals = SEVEN.slice(0, plan.hospitals);
  const at = await AttackedConsortium.found({ hospitals, hostile: plan.hostile, random: draws.random });
  try {
    return await playOn(at, draws, plan);
  } finally {
    await at.end();
  }
}

/**
 * Random numbers that begin anew with each move: what custodians do meanwhile draws numbers too, at no fixed moment, and
 * must not change which move comes next.
 */
class Draws {
  readonly #seed: number;
  #current: Random;

  constructor(seed: number) {
    this.#seed = seed;
    this.#current = seeded(seed);
  }

  readonly random: Random = (below) => this.#current(below);

  beginMove(number: number): void {
    const digest = createHash('sha256')
      .update(`${String(this.#seed)}/${String(number)}`)
      .digest();
    this.#current = seeded(digest.readUInt32BE());
  }
}

async function playOn(at: AttackedConsortium, draws: Draws, plan: Plan): Promise<Played> {
  const made = { moves: 0, last: 'none' };
  const trace = createHash('sha256');
  const makeMove = async (): Promise<void> => {
    made.moves += 1;
    draws.beginMove(made.moves);
    const { name, play: make } = drawMove(at);
    const passed = at.random(MOVE_MS);
    made.last = name;
    trace.update(`${name} ${String(passed)}\n`);
    at.world.ledger.advance(passed);
    await make(at);
    invariants.afterMove();
  };
  const makeMoves = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 1) await makeMove();
  };
  const invariants = new Invariants(at, () => makeMoves(MOVES_BETWEEN));
  try {
    // The first round of honest work gives the attackers messages to change.
    await invariants.afterRound(0);
    while (made.moves < plan.moves) {
      await makeMoves(Math.min(MOVES_PER_ROUND, plan.moves - made.moves));
      await invariants.afterRound(made.moves);
    }
  } catch (cause) {
    const place = `move ${String(made.moves)}, the last was "${made.last}"`;
    throw new Error(`a promise was broken at ${place}, trace ${trace.digest('hex')}`, { cause });
  }
  return { moves: made.moves, trace: trace.digest('hex') };
}
