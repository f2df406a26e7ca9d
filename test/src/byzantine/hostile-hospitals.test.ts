// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { describe, test } from '@jest/globals';
import { seeded } from '@tutela/chaincode/testing';
import { AttackedConsortium } from './attacked-consortium.js';
import { Invariants } from './invariants.js';
import { drawMove } from './moves.js';

/** Moves of one run; TUTELA_BYZANTINE_MOVES=1000000 plays a long one. */
const MOVES = Number(process.env['TUTELA_BYZANTINE_MOVES'] ?? 10_000);
/** TUTELA_BYZANTINE_SEED plays the run again that this seed began. */
const SEED = Number(process.env['TUTELA_BYZANTINE_SEED'] ?? randomInt(2 ** 31));
const MOVES_PER_ROUND = 200;
const MOVES_BETWEEN = 15;
const MOVE_MS = 400;
const TIMEOUT_MS = 600_000 + MOVES * 50;

const SEVEN = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Hazel'];

describe('hostile hospitals that make random moves', () => {
  test.each([
    ['one of three', 3, 1, 0.5],
    ['two together of five', 5, 2, 0.3],
    ['three together of seven', 7, 3, 0.2],
  ])(
    'attack 35 to 45: %s open nothing, stop nothing, destroy nothing and frame no other hospital',
    async (_, size, hostile, share) => {
      const moves = Math.ceil(MOVES * share);
      const random = seeded(SEED);
      const at = await AttackedConsortium.found({ hospitals: SEVEN.slice(0, size), hostile, random });
      try {
        await play(at, moves);
      } finally {
        await at.end();
      }
    },
    TIMEOUT_MS,
  );
});

async function play(at: AttackedConsortium, moves: number): Promise<void> {
  const made = { moves: 0, last: 'none' };
  const makeMove = async (): Promise<void> => {
    const { name, play: make } = drawMove(at);
    made.moves += 1;
    made.last = name;
    at.world.ledger.advance(at.random(MOVE_MS));
    await make(at);
    invariants.afterMove();
  };
  const invariants = new Invariants(at, async () => {
    for (let left = MOVES_BETWEEN; left > 0; left -= 1) await makeMove();
  });
  try {
    // The first round of honest work gives the attackers messages to change.
    await invariants.afterRound(0);
    while (made.moves < moves) {
      for (let left = MOVES_PER_ROUND; left > 0; left -= 1) await makeMove();
      await invariants.afterRound(made.moves);
    }
  } catch (cause) {
    const again = `TUTELA_BYZANTINE_SEED=${String(SEED)} TUTELA_BYZANTINE_MOVES=${String(MOVES)}`;
    const place = `move ${String(made.moves)}, the last was "${made.last}"`;
    throw new Error(`a promise was broken at ${place}; to play it again: ${again}`, { cause });
  }
}
