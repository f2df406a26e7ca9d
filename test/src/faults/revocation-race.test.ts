// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { raceRevocations } from '../race/race-revocations.js';
import type { Scenario } from '../race/scenarios.js';
import type { Consortium } from '../support/consortium.js';
import { printedSeed } from '../support/seed.js';
import { openShared } from '../support/shared-consortium.js';

const RACE_TIMEOUT_MS = 240_000;
const READS = 200;
const READS_PER_REVOCATION = 50;

/** Every fault and every way once at least. */
const CHOSEN: readonly Scenario[] = [
  { fault: 'none', way: 'holds-withheld' },
  { fault: 'delayed-peer', way: 'all-withheld' },
  { fault: 'stopped-leader', way: 'transaction-withheld' },
  { fault: 'delayed-peer', way: 'honest-gateway' },
];

describe('readings race revocations', () => {
  let consortium: Consortium;
  beforeAll(async () => {
    consortium = await openShared();
  });
  afterAll(() => consortium.close());

  test(
    'attack 15 and 29: readings that race revocations amid faults are never stale',
    async () => {
      const figures = await raceRevocations(consortium, {
        reads: READS,
        readsPerRevocation: READS_PER_REVOCATION,
        scenarios: CHOSEN,
        seed: printedSeed('revocation-race'),
      });
      expect(figures).toMatchObject({
        reads: READS,
        revocations: CHOSEN.length,
        stale: 0,
        releasedAfterHold: 0,
      });
      // Otherwise nothing raced.
      expect(figures.opened).toBeGreaterThan(0);
      expect(figures.begunAfter).toBeGreaterThan(0);
      expect(figures.holds).toBeGreaterThan(0);
    },
    RACE_TIMEOUT_MS,
  );
});
