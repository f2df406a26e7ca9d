// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { declare, openOnly, openSegment, storeRecord } from '../support/clinic.js';
import {
  degradedContent,
  openDegraded,
  reconcileAt,
  signDegraded,
  voteDegraded,
} from '../support/degraded.js';
import { whileOrderersAreFrozen } from '../support/frozen-orderers.js';
import { smallDocument } from '../support/fixtures.js';
import type { Person } from '../support/person.js';
import type { Session } from '../support/rest-client.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitFor } from '../support/wait.js';

const FAULT_TIMEOUT_MS = 420_000;
const STALL_DEADLINE_MS = 180_000;
const RECOVERY_DEADLINE_MS = 120_000;
const SUMMARY = 'Allergic to penicillin';

const emergencies = z.object({
  emergencies: z.array(z.looseObject({ state: z.string(), degradedRequest: z.string().optional() })),
});

describe('§15.22 the ledger stalls', () => {
  const scene = useScene();
  let second: Person;

  test(
    'off by default: no statement is prepared, and one hospital’s vote changes nothing',
    async () => {
      const { consortium, away, home, patient, physician, reader } = scene();
      second = await consortium.person(away, 'nurse');
      const filing = { category: 'summary', class: 'summary' } as const;
      await storeRecord(physician, patient, smallDocument(SUMMARY), filing);
      const refused = () => refusalOf(signDegraded(reader, second, patient));
      expect((await refused()).code).toBe('DEGRADED_OFF');
      await voteDegraded(home, 'on');
      expect((await refused()).code).toBe('DEGRADED_OFF');
    },
    FAULT_TIMEOUT_MS,
  );

  test(
    'two clinicians open the summary, no read does, and everything is answered for when the ledger is back',
    async () => {
      const { consortium, home, patient, reader, record } = scene();
      const { hospitals } = consortium;
      const majority = hospitals.slice(0, majorityOf(hospitals.length));
      for (const hospital of majority.slice(1)) await voteDegraded(hospital, 'on');
      const signed = await waitFor(() => signDegraded(reader, second, patient), {
        what: 'the vote to reach the gateway',
        deadlineMs: 30_000,
      });
      expect((await refusalOf(openDegraded(reader, signed))).code).toBe('LEDGER_NOT_STALLED');

      const reading = { patient, recordId: record.recordId };
      await openOnly(reader, reading);
      const intent = await declare(reader, reading);
      const cedar = consortium.at(2);
      const { requestHash } = await whileOrderersAreFrozen(consortium, async () => {
        const opened = await waitFor(() => openDegraded(reader, signed), {
          what: 'the custodians to see that the ledger stalls',
          deadlineMs: STALL_DEADLINE_MS,
          intervalMs: 5_000,
        });
        expect(Buffer.from(await degradedContent(reader, signed)).toString('utf8')).toContain(SUMMARY);
        const read = await refusalOf(openSegment(reader, intent, record.segments[0]?.segmentId ?? ''));
        expect(read.code).toBe('PEER_STALE');
        await consortium.processes.signal(cedar.id, 'custodian', 'SIGSTOP');
        return opened;
      });
      try {
        await waitFor(() => recorded(reader, patient.handle, requestHash), {
          what: 'the custodians to bring the emergency to the ledger',
          deadlineMs: RECOVERY_DEADLINE_MS,
          intervalMs: 1_000,
        });
        const withheld = await waitFor(
          async () => {
            const found = await reconcileAt(home);
            return found.degraded.missing.length === 1 ? found : undefined;
          },
          { what: 'all other entries', deadlineMs: RECOVERY_DEADLINE_MS, intervalMs: 1_000 },
        );
        expect([withheld.degraded.missing, withheld.clean]).toEqual([
          [{ mspId: cedar.mspId, requestHash }],
          false,
        ]);
      } finally {
        await consortium.processes.signal(cedar.id, 'custodian', 'SIGCONT');
      }
      await waitFor(async () => ((await reconcileAt(home)).clean ? true : undefined), {
        what: 'the last entry',
        deadlineMs: RECOVERY_DEADLINE_MS,
        intervalMs: 1_000,
      });
      expect((await refusalOf(openDegraded(reader, signed))).code).toBe('LEDGER_NOT_STALLED');
      for (const hospital of majority) await voteDegraded(hospital, 'off');
    },
    FAULT_TIMEOUT_MS,
  );
});

function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** Whether the ledger has the emergency of a request. */
async function recorded(reader: Session, handle: string, requestHash: string): Promise<true | undefined> {
  const found = emergencies.parse(await reader.get(`/v1/emergencies?handle=${handle}`));
  const isThere = found.emergencies.some(({ degradedRequest }) => degradedRequest === requestHash);
  return isThere ? true : undefined;
}
