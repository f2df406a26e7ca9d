// SPDX-License-Identifier: Apache-2.0
import { grant, personGrantee } from '../../support/clinic.js';
import { claim, type Step } from '../step.js';
import { refusalOf } from '../../support/rest-problem.js';

export const consentSigned: Step = {
  name: 'consent-signed',
  tells: 'the patient signs a consent for one physician; the same words with another signature are refused',
  async run(story) {
    const { away, cast } = story;
    const { patient, secondPatient, physician, visitingPhysician } = cast;
    const wish = {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['imaging', 'notes', 'summary', 'medication', 'laboratory'] as const,
    };
    const forged = secondPatient.signed(patient.consentStatement(wish));
    const refusal = await refusalOf(physician.post('/v1/consents', forged));
    claim(refusal.code === 'SIGNATURE_INVALID', 'nobody consents in a patient’s name');
    const { consentId, version, txId } = await grant(physician, patient, wish);
    story.remember('consent', consentId);
    return {
      consentId,
      version,
      txId,
      grantee: wish.grantee,
      categories: wish.categories,
      forged: refusal.code,
    };
  },
};
