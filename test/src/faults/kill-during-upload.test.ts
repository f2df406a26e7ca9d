// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { processKinds } from '@tutela/network/status';
import type { Stored } from '../support/answers.js';
import { grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { patternBytes } from '../support/fixtures.js';
import { randomNonce } from '../support/random-id.js';
import { useScene } from '../support/scene.js';
import { printedSeed, seededNumbers } from '../support/seed.js';
import { waitFor } from '../support/wait.js';

const SIZE = 6 * 1024 * 1024;
const LONGEST_DELAY_MS = 900;
const FAULT_TIMEOUT_MS = 240_000;

describe('a process is killed at a random moment of an upload', () => {
  const scene = useScene();
  const random = seededNumbers(printedSeed('kill-during-upload'));

  test.each(processKinds)(
    'a killed %s loses nothing and leaves nothing half visible',
    async (kind) => {
      const { away, consortium, patient, physician, reader } = scene();
      await grant(physician, patient, {
        grantee: personGrantee(away.mspId, reader),
        categories: ['imaging'],
      });
      const victim = consortium.at(Math.floor(random() * consortium.hospitals.length));
      const delayMs = random() * LONGEST_DELAY_MS;
      const file = {
        name: 'fault',
        contentType: 'application/octet-stream',
        bytes: patternBytes(SIZE, delayMs),
      };
      // One key for all attempts: whatever of them went through, there is one record.
      const filing = { category: 'imaging', idempotencyKey: randomNonce() } as const;
      const store = (): Promise<Stored> => storeRecord(physician, patient, file, filing);
      const first = store().catch(() => undefined);
      await pause(delayMs);
      const { successor } = await consortium.processes.kill(victim.id, kind);
      await first;
      await successor;
      const stored = await waitFor(store, {
        what: `the upload to be repeated after ${victim.id}/${kind} was killed at ${Math.round(delayMs)} ms`,
        deadlineMs: 120_000,
        intervalMs: 1_000,
      });
      const again = await store();
      expect(again.recordId).toBe(stored.recordId);
      const opened = await waitFor(() => openOnly(reader, { patient, recordId: stored.recordId }), {
        what: 'the record to open',
        deadlineMs: 60_000,
        intervalMs: 1_000,
      });
      expect(Buffer.compare(opened, file.bytes)).toBe(0);
    },
    FAULT_TIMEOUT_MS,
  );
});
