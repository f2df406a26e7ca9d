// SPDX-License-Identifier: Apache-2.0
import { declare, openOnly } from '../../support/clinic.js';
import { emergencyFacts, openEmergency } from '../../support/emergencies.js';
import { refusalOf } from '../../support/rest-problem.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const emergencyAloneSummary: Step = {
  name: 'emergency-alone-summary',
  tells: 'a clinician alone, with a passkey, breaks the glass and reaches the summary, nothing more',
  async run(story) {
    const { cast, chart } = story;
    const { patient, stranger } = cast;
    const intended = { act: 'open-emergency', emergency: emergencyFacts(patient) };
    const bare = await refusalOf(stranger.post('/v1/step-ups', intended));
    claim(bare.code === 'STEP_UP_REQUIRED', 'nobody breaks the glass without a passkey');
    const { emergencyId, txId, state, reviewDueAt } = await openEmergency(stranger, patient);
    story.remember('emergency', emergencyId);
    const expiring = await openEmergency(stranger, patient, { scope: 'summary', timeBoxMinutes: 1 });
    story.remember('expiring-emergency', expiring.emergencyId);
    const under = { patient, purpose: 'BTG', emergencyId } as const;
    const summary = await openOnly(stranger, { ...under, recordId: chart.summary.stored.recordId });
    claim(sameBytes(summary, chart.summary.file.bytes), 'the summary opens');
    const full = await refusalOf(declare(stranger, { ...under, recordId: chart.image.stored.recordId }));
    const asTreatment = await refusalOf(
      declare(stranger, { patient, recordId: chart.summary.stored.recordId }),
    );
    claim(full.code === 'NOT_FOUND', 'the chart stays closed to one alone');
    claim(asTreatment.code === 'NOT_FOUND', 'an emergency is no consent to treatment');
    const codes = { withoutPasskey: bare.code, chart: full.code };
    return { emergencyId, txId, state, reviewDueAt, summaryBytes: summary.length, ...codes };
  },
};
