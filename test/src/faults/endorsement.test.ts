// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { useScene } from '../support/scene.js';

const FAULT_TIMEOUT_MS = 240_000;

describe('the own endorser is away', () => {
  const scene = useScene();

  test(
    'a consent is granted by the endorsements of the others',
    async () => {
      const { away, consortium, home, patient, physician, reader } = scene();
      const stored = await storeRecord(physician, patient, smallDocument('Consented meanwhile'), {
        category: 'device',
      });
      await consortium.processes.hold(home.id, 'chaincode');
      try {
        const grantee = personGrantee(away.mspId, reader);
        await expect(grant(physician, patient, { grantee, categories: ['device'] })).resolves.toBeDefined();
      } finally {
        await consortium.processes.release(home.id, 'chaincode');
      }
      await openOnly(reader, { patient, recordId: stored.recordId });
    },
    FAULT_TIMEOUT_MS,
  );
});
