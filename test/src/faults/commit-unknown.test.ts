// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { storedAnswer } from '../support/answers.js';
import { chartQuery, openOnly, untilValid } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { insider } from '../support/insider.js';
import { raftLeader } from '../support/raft-leader.js';
import { randomNonce } from '../support/random-id.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { waitFor } from '../support/wait.js';

const FAULT_TIMEOUT_MS = 240_000;
const listing = z.looseObject({ records: z.array(z.looseObject({ recordId: z.string() })) });
const txIds = z.looseObject({ txId: z.string() });
const status = z.looseObject({ status: z.enum(['valid', 'invalid', 'unknown']) });

describe('an answer about a commit that never came', () => {
  const scene = useScene();

  test(
    'attack 33: a commit that no peer confirmed is unknown, is asked again, and a repetition makes no second one',
    async () => {
      const { away, consortium, home, patient, physician, reader } = scene();
      const grantee = { kind: 'person', mspId: away.mspId, practitionerId: reader.practitionerId } as const;
      const consent = patient.consent({ grantee, categories: ['imaging'] });
      const file = smallDocument('Stored while nobody answered');
      const path = `/v1/records?${chartQuery(patient, { category: 'imaging' }, file.contentType)}`;
      const [storeKey, grantKey] = [randomNonce(), randomNonce()];
      const { contentType, bytes } = file;
      const store = () => physician.upload(path, { contentType, bytes, idempotencyKey: storeKey });
      const permit = () => physician.post('/v1/consents', consent, grantKey);

      // Without its followers the leader can bring nothing into a block, whether it takes a transaction or not.
      const leader = await raftLeader(consortium);
      const followers = consortium.hospitals.filter(({ id }) => id !== leader.id);
      const unknown = await consortium.processes.without(
        followers.map(({ id }) => [id, 'orderer'] as const),
        async () => {
          const refusals = await Promise.all([refusalOf(store()), refusalOf(permit())]);
          for (const refusal of refusals)
            expect(refusal).toMatchObject({ status: 503, code: 'COMMIT_UNKNOWN' });
          const named = refusals.map(({ members }) => txIds.parse(members).txId);
          for (const txId of named)
            expect(await physician.get(`/v1/transactions/${txId}`)).toMatchObject({ status: 'unknown' });
          return named;
        },
      );

      // Repeated before anybody has asked what became of the first: the key makes it the same act.
      const patience = { what: 'the repetition to be answered', deadlineMs: 120_000, intervalMs: 500 };
      const [stored, granted] = await Promise.all([
        waitFor(async () => storedAnswer.parse(await store()), patience),
        waitFor(permit, patience),
      ]);
      const answered = [stored.txId, txIds.parse(granted).txId];
      for (const txId of answered) await untilValid(physician, txId);
      // Whether the first was ordered after all is the orderers' affair; it counts only if it is the one that was answered.
      const first = await Promise.all(
        unknown.map(async (txId) => status.parse(await physician.get(`/v1/transactions/${txId}`)).status),
      );
      expect(first.map((each) => each === 'valid')).toEqual(unknown.map((txId) => answered.includes(txId)));
      expect(await store()).toEqual(stored);
      const ledger = insider(home);
      const { records } = listing.parse(
        await ledger.evaluate('record:ListByHandle', { handle: patient.handle }),
      );
      ledger.close();
      const before = scene().record.recordId;
      expect(records.map(({ recordId }) => recordId).filter((id) => id !== before)).toEqual([
        stored.recordId,
      ]);
      const consents = JSON.stringify(await physician.get(`/v1/consents?handle=${patient.handle}`));
      expect(consents.split(`"consentId":"${consent.statement.consentId}"`)).toHaveLength(2);
      // The reader's own peer may still be finding the orderers that were away.
      const opened = await waitFor(() => openOnly(reader, { patient, recordId: stored.recordId }), {
        what: 'the record to be read elsewhere',
        deadlineMs: 60_000,
        intervalMs: 500,
      });
      expect(opened).toEqual(bytes);
    },
    FAULT_TIMEOUT_MS,
  );
});
