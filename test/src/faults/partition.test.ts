// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { namespaceObstacle } from '@tutela/network/testing';
import type { IntentAnswer } from '../support/answers.js';
import { declare, grant, openOnly, openSegment, personGrantee } from '../support/clinic.js';
import { CutScene, type Filed } from '../support/cut-scene.js';
import { refusalOf, type RestProblem } from '../support/rest-problem.js';
import { waitFor, waitUntil } from '../support/wait.js';

const SET_UP_MS = 180_000;
const STEP_MS = 180_000;
const LONG_STEP_MS = 400_000;
/** Orderers that lose a hospital may be without a leader for the better part of a minute. */
const PATIENCE = { deadlineMs: 120_000, intervalMs: 500 };
const MAX_QUESTIONS = 5;

const obstacle = await namespaceObstacle();
const required = process.geteuid?.() === 0 || process.env['CI'] !== undefined;

if (obstacle !== undefined && required) {
  test('a hospital is cut off', () => {
    throw new Error(obstacle);
  });
} else if (obstacle !== undefined) {
  process.stderr.write(`The partition is not tested: ${obstacle}\n`);
  test.todo(`a hospital is cut off (not tested: ${obstacle.split('\n', 1).join()})`);
} else {
  describe('cedar is cut off from everybody and comes back', partition);
}

function partition(): void {
  let scene: CutScene;
  let first: Filed;
  let second: Filed;
  let revocable: readonly string[];
  let cedarConsent: string;
  let declaredBefore: IntentAnswer;

  beforeAll(async () => {
    scene = await CutScene.set();
    const { cedarPatient, cedarPhysician, reader } = scene.cast;
    [first, second] = [
      await scene.store('laboratory', 'Before, 1'),
      await scene.store('imaging', 'Before, 2'),
    ];
    revocable = await scene.allow('laboratory');
    await scene.allow('imaging');
    const grantee = personGrantee(scene.consortium.at(1).mspId, reader);
    const wish = { grantee, categories: ['notes'] } as const;
    cedarConsent = (await grant(cedarPhysician, cedarPatient, wish)).consentId;
  }, SET_UP_MS);
  afterAll(() => scene.close(), STEP_MS);

  test(
    'while it is away, the other two go on storing and opening',
    async () => {
      const { cedarReader, patient, reader } = scene.cast;
      expect(await openOnly(cedarReader, { patient, recordId: first.recordId })).toEqual(first.content);
      declaredBefore = await scene.declareAtCedar(second);
      await scene.ground.cut('cedar');
      const stored = await scene.store('imaging', 'While cedar is away');
      const opened = await waitFor(() => openOnly(reader, { patient, recordId: stored.recordId }), {
        what: 'birch to open what alder stored while cedar is away',
        deadlineMs: 120_000,
      });
      expect(opened).toEqual(stored.content);
      expect(await scene.copiesAgree()).toBe(false);
    },
    STEP_MS,
  );

  test(
    'a consent that the patient revokes meanwhile is at once of no use to the others',
    async () => {
      const { patient, physician, reader } = scene.cast;
      const read = ({ recordId }: Filed) =>
        waitFor(() => openOnly(reader, { patient, recordId }), { what: 'birch to read on', ...PATIENCE });
      expect(await read(first)).toEqual(first.content);
      for (const consentId of revocable) {
        const revocation = patient.revocation(consentId);
        await waitFor(() => physician.post(`/v1/consents/${consentId}/revocation`, revocation), {
          what: 'a revocation to commit',
          ...PATIENCE,
        });
      }
      const refusal = await finalRefusal(() => declare(reader, { patient, recordId: first.recordId }));
      expect(refusal).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(await read(second)).toEqual(second.content);
    },
    LONG_STEP_MS,
  );

  test(
    'its gateway opens nothing, and brings neither a record nor a revocation to the ledger',
    async () => {
      const { cedarPatient, cedarPhysician, cedarReader } = scene.cast;
      const path = `/v1/consents/${cedarConsent}/revocation`;
      const refusals = await Promise.all([
        refusalOf(openSegment(cedarReader, declaredBefore, declaredBefore.segments[0]?.segmentId ?? '')),
        refusalOf(scene.declareAtCedar(second)),
        refusalOf(cedarPhysician.post(path, cedarPatient.revocation(cedarConsent))),
        refusalOf(scene.storeAtCedar()),
      ]);
      expect(refusals.map(({ code, status }) => [code, status >= 500])).toEqual(
        refusals.map(({ code }) => [code, true]),
      );
      expect(await scene.isRevoked(cedarPhysician, cedarPatient, cedarConsent)).toBe(false);
    },
    STEP_MS,
  );

  test(
    'attack 29: its custodian refuses for want of news, even what was declared before',
    async () => {
      const refusal = await waitFor(
        async () => {
          const refused = await refusalOf(scene.releaseAtCedar(declaredBefore));
          return refused.code === 'PEER_STALE' ? refused : undefined;
        },
        { what: 'the custodian of cedar to refuse', deadlineMs: 60_000, intervalMs: 1_000 },
      );
      expect(refusal.status).toBe(503);
    },
    STEP_MS,
  );

  test(
    'once it is back it has every block, and its custodian releases again',
    async () => {
      await scene.ground.join('cedar');
      await waitUntil(() => scene.cedarHasCaughtUp(), {
        what: 'the ledger of cedar to catch up',
        deadlineMs: 90_000,
      });
      const intent = await waitFor(() => scene.declareAtCedar(second), {
        what: 'cedar to declare an intent',
        deadlineMs: 60_000,
      });
      await waitFor(() => scene.releaseAtCedar(intent), {
        what: 'the custodian of cedar to release',
        deadlineMs: 60_000,
      });
    },
    STEP_MS,
  );

  test(
    'the revocations hold at cedar, and the one that only cedar heard reaches the ledger',
    async () => {
      const { cedarPatient, cedarPhysician, cedarReader, patient, physician } = scene.cast;
      const refusal = await refusalOf(declare(cedarReader, { patient, recordId: first.recordId }));
      expect(refusal).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      for (const consentId of revocable)
        expect(await scene.isRevoked(physician, patient, consentId)).toBe(true);
      await waitUntil(() => scene.isRevoked(cedarPhysician, cedarPatient, cedarConsent), {
        what: 'the custodian of cedar to bring the revocation to the ledger',
        deadlineMs: 60_000,
      });
    },
    STEP_MS,
  );

  test(
    'nothing is lost and nothing is there twice: all records open at cedar, and all hospitals hold them',
    async () => {
      const { cedarReader, patient } = scene.cast;
      const stored = await waitFor(() => scene.storeAtCedar(), {
        what: 'cedar to store what it could not',
        deadlineMs: 60_000,
      });
      expect((await scene.storeAtCedar()).recordId).toBe(stored.recordId);
      await waitUntil(() => scene.copiesAgree(), {
        what: 'all three hospitals to hold the same parts',
        deadlineMs: 100_000,
        intervalMs: 500,
      });
      for (const { content, recordId } of scene.filed.slice(1))
        expect(await openOnly(cedarReader, { patient, recordId })).toEqual(content);
    },
    STEP_MS,
  );
}

/** The refusal of the rules, once the ledger answers at all; throws at once when a call succeeds. */
async function finalRefusal(call: () => Promise<unknown>): Promise<RestProblem> {
  for (let question = 1; ; question += 1) {
    const refusal = await refusalOf(call());
    if (refusal.status < 500 || question >= MAX_QUESTIONS) return refusal;
  }
}
