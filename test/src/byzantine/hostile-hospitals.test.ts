// SPDX-License-Identifier: Apache-2.0
import { describe, test } from '@jest/globals';
import { chosenSeed, wholeNumberIn } from '../support/seed.js';
import { play } from './play.js';

/** Moves of one run; TUTELA_BYZANTINE_MOVES=1000000 plays a long one. */
const MOVES = wholeNumberIn(process.env, 'TUTELA_BYZANTINE_MOVES') ?? 10_000;
const SEED = chosenSeed();
const AGAIN = `TUTELA_SEED=${String(SEED)} TUTELA_BYZANTINE_MOVES=${String(MOVES)}`;
const TIMEOUT_MS = 600_000 + MOVES * 50;

describe('hostile hospitals that make random moves', () => {
  test.each([
    ['one of three', 3, 1, 0.5],
    ['two together of five', 5, 2, 0.3],
    ['three together of seven', 7, 3, 0.2],
  ])(
    'attack 35 to 45: %s open nothing, stop nothing, destroy nothing and frame no other hospital',
    async (who, hospitals, hostile, share) => {
      const plan = { hospitals, hostile, moves: Math.ceil(MOVES * share), seed: SEED };
      const { moves, trace } = await play(plan).catch((cause: unknown) => {
        throw new Error(`to play it again: ${AGAIN}`, { cause });
      });
      process.stdout.write(`${who}: ${AGAIN}: ${String(moves)} moves, trace ${trace}\n`);
    },
    TIMEOUT_MS,
  );
});
