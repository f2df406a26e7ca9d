// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { declare, grant, openSegment, personGrantee } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { waitFor } from '../../support/wait.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

const held = z.looseObject({ heldBy: z.array(z.string()) });
const consents = z.object({
  consents: z.array(
    z.looseObject({
      statement: z.looseObject({ consentId: z.string() }),
      revocation: z.unknown().optional(),
    }),
  ),
});

export const holdBeforeCommit: Step = {
  name: 'hold-before-commit',
  tells:
    'while every orderer is frozen a signed hold stops the custodians, and it commits when ordering is back',
  async run(story) {
    const { away, cast, chart } = story;
    const { patient, physician, visitingPhysician } = cast;
    const { consentId } = await grant(physician, patient, {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['mental-health'],
    });
    const { recordId, segments } = chart.notes.stored;
    const intent = await declare(visitingPhysician, { patient, recordId });
    const frozen = await frozenOrdering(story, async () => {
      const path = `/v1/consents/${consentId}/revocation?holdOnly=true`;
      const { heldBy } = held.parse(await physician.post(path, patient.revocation(consentId)));
      const refusal = await refusalOf(openSegment(visitingPhysician, intent, segments[0]?.segmentId ?? ''));
      return { heldBy, refusal: refusal.code, committed: await isRevoked(story, consentId) };
    });
    claim(frozen.refusal === 'NOT_FOUND', 'the custodians release nothing, and do not say why');
    claim(!frozen.committed, 'the revocation was not committed when the hold bit');
    claim(
      frozen.heldBy.length === story.consortium.hospitals.length,
      'every custodian acknowledged the hold',
    );
    await waitFor(async () => ((await isRevoked(story, consentId)) ? true : undefined), {
      what: 'the custodians to bring the revocation to the ledger',
      deadlineMs: 60_000,
    });
    return {
      consentId,
      intentId: intent.intentId,
      heldBy: frozen.heldBy,
      code: frozen.refusal,
      committedAfterwards: true,
    };
  },
};

/** Freezes every orderer while work is done. */
async function frozenOrdering<T>({ consortium }: Story, work: () => Promise<T>): Promise<T> {
  const { processes } = consortium;
  const orderers = (await processes.list()).filter(({ kind }) => kind === 'orderer');
  for (const { hospital } of orderers) await processes.signal(hospital, 'orderer', 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const { hospital } of orderers) await processes.signal(hospital, 'orderer', 'SIGCONT');
  }
}

async function isRevoked({ cast }: Story, consentId: string): Promise<boolean> {
  const answer = await cast.physician.get(`/v1/consents?handle=${cast.patient.handle}`);
  return consents
    .parse(answer)
    .consents.some(
      ({ statement, revocation }) => statement.consentId === consentId && revocation !== undefined,
    );
}
