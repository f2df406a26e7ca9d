// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { declare, grant, openOnly, openSegment, personGrantee, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { whileOrderersAreFrozen } from '../support/frozen-orderers.js';
import { raftLeader } from '../support/raft-leader.js';
import { randomNonce } from '../support/random-id.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitFor } from '../support/wait.js';

const FAULT_TIMEOUT_MS = 240_000;

describe('ordering breaks', () => {
  const scene = useScene();

  test(
    'attack 29: a frozen leader delays a store and loses nothing',
    async () => {
      const { consortium } = scene();
      const leader = await raftLeader(consortium);
      // A hospital whose own orderer is frozen gets no block; the promise is that all others go on.
      const goingOn = consortium.hospitals.find(({ id }) => id !== leader.id) ?? leader;
      const physician = await consortium.person(goingOn, 'physician');
      const patient = await consortium.patient(goingOn);
      const filing = { category: 'notes', idempotencyKey: randomNonce() } as const;
      const store = () => storeRecord(physician, patient, smallDocument('Through a frozen leader'), filing);
      await consortium.processes.signal(leader.id, 'orderer', 'SIGSTOP');
      try {
        const stored = await store();
        expect((await store()).recordId).toBe(stored.recordId);
      } finally {
        await consortium.processes.signal(leader.id, 'orderer', 'SIGCONT');
      }
    },
    FAULT_TIMEOUT_MS,
  );

  test(
    'attack 29: a revocation that the frozen orderers keep back holds all the same',
    async () => {
      const { away, consortium, patient, physician, reader } = scene();
      const stored = await storeRecord(physician, patient, smallDocument('Held'), { category: 'genetics' });
      const wish = { grantee: personGrantee(away.mspId, reader), categories: ['genetics'] } as const;
      const { consentId } = await grant(physician, patient, wish);
      const reading = { patient, recordId: stored.recordId };
      await openOnly(reader, reading);
      const intent = await declare(reader, reading);
      await whileOrderersAreFrozen(consortium, async () => {
        await physician.post(
          `/v1/consents/${consentId}/revocation?holdOnly=true`,
          patient.revocation(consentId),
        );
        const late = await refusalOf(openSegment(reader, intent, stored.segments[0]?.segmentId ?? ''));
        expect(late).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      });
      await waitFor(
        async () => {
          const answer = JSON.stringify(
            await physician.get(`/v1/consents/${consentId}?handle=${patient.handle}`),
          );
          return answer.includes('"revocation"') ? true : undefined;
        },
        { what: 'the custodians to bring the revocation to the ledger', deadlineMs: 60_000 },
      );
    },
    FAULT_TIMEOUT_MS,
  );

  test(
    'the leader is killed while consents are granted: each is granted exactly once',
    async () => {
      const { away, consortium, patient, physician } = scene();
      const leader = await raftLeader(consortium);
      const statements = Array.from({ length: 10 }, () =>
        patient.consent({
          grantee: { kind: 'person', mspId: away.mspId, practitionerId: `pr_${randomNonce()}` },
          categories: ['device'],
        }),
      );
      const { successor } = await consortium.processes.kill(leader.id, 'orderer');
      await Promise.all(
        statements.map((statement) =>
          waitFor(() => physician.post('/v1/consents', statement), {
            what: 'a consent to be granted',
            deadlineMs: 90_000,
            intervalMs: 500,
          }),
        ),
      );
      await successor;
      const listed = JSON.stringify(await physician.get(`/v1/consents?handle=${patient.handle}`));
      for (const { statement } of statements)
        expect(listed.split(`"consentId":"${statement.consentId}"`).length - 1).toBe(1);
    },
    FAULT_TIMEOUT_MS,
  );
});
