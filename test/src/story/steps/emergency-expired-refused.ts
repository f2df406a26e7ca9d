// SPDX-License-Identifier: Apache-2.0
import { msOf, type Instant } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { declare } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { waitUntil } from '../../support/wait.js';
import { claim, type Step } from '../step.js';

const view = z.looseObject({ expiresAt: z.string() });
const TIME_BOX_MS = 60_000;

export const emergencyExpiredRefused: Step = {
  name: 'emergency-expired-refused',
  tells: 'when its time box has run out an emergency opens nothing, not even the summary',
  async run(story) {
    const { cast, chart } = story;
    const { patient, stranger } = cast;
    const emergencyId = story.recall('expiring-emergency');
    const answer = await stranger.get(`/v1/emergencies/${emergencyId}`);
    const { expiresAt } = view.parse(answer);
    await waitUntil(() => Promise.resolve(Date.now() > msOf(expiresAt as Instant)), {
      what: 'the time box to run out',
      deadlineMs: TIME_BOX_MS + 5_000,
    });
    const { recordId } = chart.summary.stored;
    const refusal = await refusalOf(declare(stranger, { patient, recordId, purpose: 'BTG', emergencyId }));
    claim(refusal.code === 'NOT_FOUND', 'an expired emergency opens nothing');
    return { emergencyId, expiresAt, code: refusal.code, txId: refusal.members['txId'] };
  },
};
