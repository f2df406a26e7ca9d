// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { declare, grant, openSegment, personGrantee } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { claim, type Step } from '../step.js';

const revoked = z.looseObject({ txId: z.string().optional(), heldBy: z.array(z.string()) });

export const revokedRefused: Step = {
  name: 'revoked-refused',
  tells: 'after the patient’s revocation the very next open is refused, and so is a release in flight',
  async run(story) {
    const { away, cast, chart } = story;
    const { patient, physician, visitingPhysician } = cast;
    const { consentId } = await grant(physician, patient, {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['mental-health'],
    });
    const { recordId, segments } = chart.notes.stored;
    const inFlight = await declare(visitingPhysician, { patient, recordId });
    const { txId, heldBy } = revoked.parse(
      await physician.post(`/v1/consents/${consentId}/revocation`, patient.revocation(consentId)),
    );
    const next = await refusalOf(declare(visitingPhysician, { patient, recordId }));
    const late = await refusalOf(openSegment(visitingPhysician, inFlight, segments[0]?.segmentId ?? ''));
    claim(next.code === 'NOT_FOUND', 'the next intent is refused');
    claim(late.code === 'NOT_FOUND', 'the release in flight is refused');
    return { consentId, txId, heldBy, next: next.code, inFlight: late.code, intentId: inFlight.intentId };
  },
};
