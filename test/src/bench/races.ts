// SPDX-License-Identifier: Apache-2.0
import { raceRevocations, type RaceFigures } from '../race/race-revocations.js';
import { SCENARIOS } from '../race/scenarios.js';
import { chosenSeed } from '../support/seed.js';
import type { Ward } from './ward.js';

const READS_PER_REVOCATION = 100;

export type { RaceFigures };

/** Races readings against revocations in every scenario of faults and withheld messages. */
export function measureRaces(
  { consortium }: Ward,
  reads: number,
  onProgress: (line: string) => void,
): Promise<RaceFigures> {
  return raceRevocations(consortium, {
    reads,
    readsPerRevocation: READS_PER_REVOCATION,
    scenarios: SCENARIOS,
    seed: chosenSeed(),
    onProgress,
  });
}
