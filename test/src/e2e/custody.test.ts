// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openOnly } from '../support/clinic.js';
import { currentCustody, runCeremony } from '../support/custody.js';
import { askOperator } from '../support/operator-socket.js';
import { randomNonce } from '../support/random-id.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { stealShares } from '../support/thief.js';
import { waitUntil } from '../support/wait.js';

const CEREMONY_TIMEOUT_MS = 180_000;
const backup = z.looseObject({ epoch: z.int(), backup: z.string() });

describe('the consortium key', () => {
  const scene = useScene();

  test(
    'a backup of an old epoch is refused, and the old share is erased from the disk',
    async () => {
      const { content, home, patient, reader, record } = scene();
      const passphrase = randomNonce();
      const kept = backup.parse(
        await askOperator(home.custodianSocket, 'POST', '/custody/backup', { passphrase }),
      );
      const after = await runCeremony(home, { kind: 'refresh' });
      expect(after.epoch).toBe(kept.epoch + 1);
      const restore = askOperator(home.custodianSocket, 'POST', '/custody/restore', {
        passphrase,
        backup: kept.backup,
      });
      expect(await refusalOf(restore)).toMatchObject({ code: 'CONFLICT' });
      await waitUntil(async () => (await stealShares(home)).every(({ epoch }) => epoch === after.epoch), {
        what: 'the old share to be erased',
        deadlineMs: 60_000,
      });
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
    },
    CEREMONY_TIMEOUT_MS,
  );

  test(
    'a custodian killed during a refresh does not keep it from ending, nor reading from going on',
    async () => {
      const { away, consortium, content, home, patient, reader, record } = scene();
      const before = await currentCustody(home.administrator);
      const refreshed = runCeremony(home, { kind: 'refresh' });
      const { successor } = await consortium.processes.kill(away.id, 'custodian');
      const [after] = await Promise.all([refreshed, successor]);
      expect(after.epoch).toBeGreaterThan(before.epoch);
      expect(after.publicKey).toBe(before.publicKey);
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
    },
    CEREMONY_TIMEOUT_MS,
  );
});
