// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { useScene } from '../support/scene.js';

const AWAY_MS = 3_000;
const FAULT_TIMEOUT_MS = 240_000;

describe('the own endorser is away', () => {
  const scene = useScene();

  test(
    "a consent, which the patient's own hospital must endorse, is granted once that endorses again",
    async () => {
      const { away, consortium, home, patient, physician, reader } = scene();
      const stored = await storeRecord(physician, patient, smallDocument('Consented late'), {
        category: 'device',
      });
      await consortium.processes.hold(home.id, 'chaincode');
      const granted = grant(physician, patient, {
        grantee: personGrantee(away.mspId, reader),
        categories: ['device'],
      });
      const refused = granted.then(
        () => undefined,
        (error: unknown) => error,
      );
      try {
        await pause(AWAY_MS);
      } finally {
        await consortium.processes.release(home.id, 'chaincode');
      }
      expect(await refused).toBeUndefined();
      await openOnly(reader, { patient, recordId: stored.recordId });
    },
    FAULT_TIMEOUT_MS,
  );
});
